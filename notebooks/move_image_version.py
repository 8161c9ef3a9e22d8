# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Move an image version
#
# One version of an image belongs to another application, under a name of your choice.

# %% [markdown]
# ## When to use
#
# An imaging request created a *new application* instead of the next *version* of an existing one.
#
# **Not for** [making an image visible to all users](publicize_image.py).

# %% [markdown]
# ## Before you start
#
# - [ ] Choose any copy of the version. All of them move.
# - [ ] The target application has no version of the new name. The first version of a new application is `1.0`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
provider_id: int = 0  # Required. The provider that has a copy of the version.
image_id: str = ""  # Required. The UUID of that copy, which is the image's ID in Glance.
application_id: int = 0  # Required. The application (the web interface calls it an image). The version moves to this application.
version_name: str = ""  # Required. The version's name there; no other version of that application can have it.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("move_image_version", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo. Note the old application and name first. After
# `./manage.py shell` in `/opt/dev/atmosphere`:
#
# ```python
# from core.models import Application, ProviderMachine
# machine = ProviderMachine.objects.get(
#     instance_source__provider__id=4,
#     instance_source__identifier="f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86",
# )
# version = machine.application_version
# target = Application.objects.get(id=1144)
# assert target.end_date is None
# version.application = target
# version.name = "1.2"
# version.save(update_fields=["application", "name"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Check the old application's name and the side effects in the notes.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "An application without versions is end-dated at 00:00"
#
#     To keep the old application, give it another version first (`prune_machines`).

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The new application's page lists the version, sorted by start date.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The version returns under its old name. If the old application was end-dated meanwhile, clear its end date under
# `/admin/core/application`.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `already has a version 1.2` | names are unique within an application | choose another `version_name` |
# | `was end-dated on` | the version would be end-dated that night | clear its end date, or choose another target |
# | `there is no image … for provider 4` | the copy is on the provider in the message | use that provider |
# | `belongs to no version` | an imported machine, not yet attached | wait for the nightly `monitor_machines` |
# | the version is listed, but others can't launch it | its images in Glance are still shared | [publicize the new application](publicize_image.py) |
#
# Send: the provider, the image's UUID, both applications' ids.

# %% [markdown]
# ## Background
#
# Copies (*provider machines*) move with their version, as do the memberships of both. Visibility depends on the
# application's `private` flag and memberships, which do not move.
#
# The images in Glance still name the old application, which Atmosphere reads only to import a lost machine again.
#
# !!! info "How this differs from the staff guide"
#
#     <span id="differs-move-version"></span>The guide omits the end dates at night, the target's visibility, and the
#     old name in Glance.
#
# For Atmosphere v35 to v37. Sources: `core/models/{application_version,application}.py`,
# `service/tasks/monitoring.py`, `service/openstack.py`.
