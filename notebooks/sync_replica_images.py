# %% [markdown]
# # Synchronize images to replicas
#
# Every image of the master provider that can be copied is on each replica, with its records and its data.

# %% [markdown]
# ## When to use
#
# A provider is the master, others are to offer the same images, and the nightly job was not run or left something out.
#
# **Not for** one image: [Migrate an image](migrate_image.py) is quicker, and can insist on its owner and members.
# **Not for** copies that exist but can't be launched: the synchronization takes them for complete; the plan names them, and
# `repair_replica_image` mends them.

# %% [markdown]
# ## Before you start
#
# - [ ] Which provider is the master. Its images are never changed.
# - [ ] `RUNBOOK_CLOUDS` names the master and every replica, with an account that may read all images and list projects.
# - [ ] The Atmosphere host has room for the largest image in `LOCAL_STORAGE`; the plan says how much.
# - [ ] The nightly job does not run meanwhile: `scripts/jetstream/cron_application_sync_providers.sh`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
master_provider_id: int = 0  # Required. The provider that has the images.
replica_provider_ids: str = ""  # Required. The providers that get them, separated by commas. Example: 5
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("sync_replica_images", globals())

# %% [markdown] tags=["repl"]
# ## By hand, on the Atmosphere host
#
# For sites where the runbook has no way to the host. Make the plan here all the same: it has the exact command, without
# the applications that are bound to fail. `--help` lists the options; `--dry-run` only prints what would be copied. From
# provider 7 (the master) to 4 and 5 (the replicas):
#
# ```sh
# export PYTHONPATH=/opt/dev/atmosphere:$PYTHONPATH
# export DJANGO_SETTINGS_MODULE=atmosphere.settings
# source /opt/env/atmo/bin/activate
# /opt/dev/atmosphere/scripts/application_sync_providers.py 7 4 5
# ```
#
# Its exit code is 0 even if every copy failed: look for `Encountered exception while running application_to_provider:` in
# what it wrote. `--limit-app-ids` goes behind the providers; before them it takes them for applications. The option
# `--glance-client-versions` is accepted and ignored.

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The first line is the command, each line below it a copy that must be complete afterwards.
# The notes have the table of copies with their sizes, whose owner or members are missing, and which applications are left
# out and why.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "It can't be taken back, and it takes hours"
#
#     All data goes through the Atmosphere host, one image after the other. If it is stopped, the image that was on its way
#     stays half-made, and the synchronization does not mend it later: migrate that image again.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Each copy is looked up again: its records in Atmosphere's database, its image in Glance.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# There is none. To take a copy away, end-date its machine under Admin > Manage images.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `left out: application 1216` | it would fail, and would leave half a copy behind | mend what is named, or leave it |
# | `said 1 time(s) that a part of its work failed` | one application failed, the others were copied | read the cause beside it; plan again, which shows what is missing |
# | `the script takes … for copied … but it is not` | its records are there, its image is not | `repair_replica_image`, or [migrate it](migrate_image.py) if the image is *queued* |
# | `is named as the master and as a replica` | the scripts refuse that too | name the master once |
# | `HTTPConflict`, HTTP 409 | an image of this UUID was deleted on the replica and not purged | the cloud's operators run `glance-manage db purge` |
# | exit 5, `applied only in part` | the command failed, or a copy did not come out | mend the cause and run this again: it copies what is missing |
#
# Send: the providers, the application's id, the script's last lines.

# %% [markdown]
# ## Background
#
# An application counts as copied when each of its active versions has a `provider_machine` on the replica. Neither an end
# date there nor the image in Glance is looked at, so a copy that broke off is never tried again.
#
# Considered are applications without an end date that have at least one active machine on the master. If one active
# version is missing on the master, the whole application fails, every night anew: such an application is left out here
# and named. Owners and members that are missing on a replica never stop it; the administrator owns such a copy.
#
# !!! info "How this differs from the staff guide"
#
#     - The command is limited to the applications that the plan shows (`--limit-app-ids`). The guide's command tries all,
#       and writes records for those that fail.
#     - The guide does not say that the script ends with 0 whatever failed. Its lines are read here, and every copy is looked
#       up afterwards.
#
# Holds for Atmosphere v37. Sources: `scripts/application_sync_providers.py`, `scripts/application_to_provider.py`.
