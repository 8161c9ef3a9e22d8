# %% [markdown]
# # Move an image version
#
# One version of an image belongs to another application, under a name of your choice.

# %% [markdown]
# ## When to use
#
# An imaging request made a *new application*, and it should have been the next *version* of one that exists.
#
# **Not for** making an image visible to everybody: [Publicize an image](publicize_image.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The UUID of one copy of the version and the provider of that copy. Any copy will do; all of them move.
# - [ ] The id of the application it moves to: the number in the address of its page.
# - [ ] A version name that is free there. New applications call their first version `1.0`.
# - [ ] The target is not end-dated. An end-dated application takes everything in it along, the next night.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
provider_id: int = 0  # Required. The provider that has a copy of the version.
image_id: str = ""  # Required. The UUID of that copy; Glance's name for the image.
application_id: int = 0  # Required. The application (the web interface calls it an image). The version moves to it.
version_name: str = ""  # Required. The version's name there; no other version of that application may have it.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("move_image_version", globals())

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. No plan, no record, no undo: note the old application and name first.
# After `./manage.py shell` in `/opt/dev/atmosphere`:
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
# The notes under the table say what the move means for who sees the version, for the
# application that is left behind, and for Glance.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "An application that loses its last version is end-dated in the night"
#
#     `prune_machines` does that at 00:00. If the old application is to stay, give it another version first.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The change is read back on a fresh connection. The version then stands on the page of the new application; the newest
# version is the one with the latest start date, whatever its name.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The version goes back to its old application under its old name. An application that was end-dated in the night in
# between stays end-dated: clear its end date under `/admin/core/application`.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `has a version 1.2 already` | a name is unique in its application | choose another `version_name` |
# | `is end-dated since` | the target would take the version along, that night | clear its end date first, or choose another target |
# | `there is no image … for provider 4` | the copy is on another provider; the message says which | give that provider |
# | `belongs to no version` | a machine that was imported and not attached yet | wait for the nightly `monitor_machines` |
# | the version is listed, launching it fails for others | its images in Glance are still shared | [publicize the new application](publicize_image.py) |
#
# Send: the provider, the image's UUID, both applications' ids.

# %% [markdown]
# ## Background
#
# A copy of a version on one provider is a *provider machine*. All copies point at the version, so moving the version
# moves them. Who sees a version is decided by `application.private` and the memberships of the application it is in;
# version and machine memberships travel along, the application's stay behind.
#
# Each image in Glance also carries the name and UUID of its application. They are read only when a machine's row is lost
# and imported anew; the plan lists the copies whose metadata still names the old one.
#
# !!! info "How this differs from the staff guide"
#
#     <span id="differs-move-version"></span>The guide leaves out that the emptied application is end-dated in the night, that an end-dated target takes the
#     version along, that visibility follows the target, and that Glance still names the old application.
#
# Holds for Atmosphere v37. Sources: `core/models/application_version.py`, `core/models/application.py`,
# `service/tasks/monitoring.py`, `service/openstack.py`.
