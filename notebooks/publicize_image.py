# %% [markdown]
# # Publicize an image
#
# Every copy of an image is public in Glance, on every provider, and the image is shown to everybody.

# %% [markdown]
# ## When to use
#
# An imaging request was processed as *private*, and the image is now meant for everybody.
#
# **Not for** giving it to a few people: edit the image's memberships in the web interface.
# **Not for** putting a version where it belongs: [Move an image version](move_image_version.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The owner agrees: everybody can launch a public image and read what is on its disk.
# - [ ] The application's id: the number in the address of its page.
# - [ ] `RUNBOOK_CLOUDS` names a cloud for every provider that has a copy, with an account that may publicize images.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
application_id: int = 0  # Required. The application (the web interface calls it an image).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("publicize_image", globals())

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. No plan, no record, no undo. After `./manage.py shell` in
# `/opt/dev/atmosphere`; the loop is what counts, for one private copy makes the image private again when it is imported:
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
# There is one line a copy that is not public yet; the application's own flag comes last, so
# that nobody sees the image before it can be launched.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "What was public may have been copied"
#
#     Undo makes the image private again. It cannot take back what somebody launched or saved in between.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Every copy's visibility is asked for again, and the application is read on a fresh connection.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# First the application becomes private again, then every copy gets its old visibility.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `provider 7 has no cloud configured` | a copy there would stay private | add the provider to `RUNBOOK_CLOUDS` |
# | `Glance of provider 5 has no image` | the row is there, the copy is not | copy it again, or end-date that machine, then publicize |
# | `is queued, not active` | the copy's upload has not finished | wait, or repair the copy, then publicize |
# | `HTTP 403` | the account may not publicize images there | use an account with the admin role in `clouds.yaml` |
# | exit 5, `applied only in part` | one provider failed after others were done; the image is still hidden | run it again: it does what is missing; or undo the run |
# | public everywhere, a user does not see it | they have no identity on a provider that has it | give them one |
#
# Send: the application's id.

# %% [markdown]
# ## Background
#
# Two things decide who can use an image: `application.private`, which lists it, and the visibility of each copy in
# Glance, which launches it. Copies keep one UUID on all providers. When a copy that is not public is imported anew,
# Atmosphere makes the whole application private again; so all copies matter, of all active versions.
#
# Memberships of the formerly private image stay, and do no harm. An image is shown to people who are not logged in only
# on providers that are `public`.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-publicize-every-copy"></span>The guide's code changes one image on one provider; each copy of each active version has to be changed.
#     - It looks the image up in a cached list, which yields `None` for an image that the admin project does not list; the
#       UUID is all that is needed.
#
# Holds for Atmosphere v37. Sources: `core/models/application.py`, `service/openstack.py`, `service/machine.py`,
# `scripts/application_to_provider.py`.
