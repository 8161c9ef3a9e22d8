# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Publicize an image
#
# Every copy of an image is public in Glance, on every provider, and all users see the image.

# %% [markdown]
# ## When to use
#
# All users may use an image that is *private* now.
#
# **Not for** sharing it with some users: edit its memberships in the web interface. **Not for** [moving a
# version](move_image_version.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The owner agrees: any user can launch a public image and read its disk.
# - [ ] `RUNBOOK_CLOUDS` names a cloud for every provider with a copy. Its account may publicize images.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
application_id: int = 0  # Required. The application (the web interface calls it an image).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("publicize_image", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo. Keep the loop: one private copy hides the image again.
# After `./manage.py shell` in `/opt/dev/atmosphere`:
#
# ```python
# from core.models import Application, ProviderMachine
# from service.driver import get_account_driver
# application = Application.objects.get(id=1144)
# machines = ProviderMachine.objects.filter(
#     application_version__application=application,
#     application_version__end_date=None,
#     instance_source__end_date=None,
# )
# for machine in machines:
#     source = machine.instance_source
#     images = get_account_driver(source.provider).image_manager.glance.images
#     images.update(source.identifier, visibility="public")
#
# application.private = False
# application.save(update_fields=["private"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Expect one line per copy that is not public, then the application, so nobody sees an image that can't be launched.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Copies of a public image stay"
#
#     Undo hides the image again, but not instances and copies that users made from it.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The application becomes private first, then every copy.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `provider 7 has no cloud configured` | the copy there would stay private | add the provider to `RUNBOOK_CLOUDS` |
# | `Glance of provider 5 has no image` | the record's copy is missing | [copy it again](repair_replica_image.py), or end-date that machine |
# | `is queued, not active` | the upload has not finished | wait, or [upload it again](migrate_image.py) |
# | `HTTP 403` | no right to publicize | use an admin account in `clouds.yaml` |
# | exit 5 | one provider failed; users still can't see the image | run it again, or undo the run |
# | public everywhere, but a user does not see it | no identity on a provider that has it | create one |
#
# Send: the application's id.

# %% [markdown]
# ## Background
#
# `application.private` controls the listing. Each copy's [visibility in
# Glance](../concepts/replication.md#visibility) controls the launch. All copies share one UUID. An import of a copy
# that is not public makes the application private again.
#
# Old memberships have no effect. Without a login, only images on `public` providers are visible.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-publicize-every-copy"></span>The guide changes one image on one provider. Every copy of
#       every active version must be public.
#     - The guide's cached list yields `None` for an image that the admin project does not list. The UUID is enough.
#
# For Atmosphere v37. Sources: `core/models/application.py`, `service/{openstack,machine}.py`,
# `scripts/application_to_provider.py`.
