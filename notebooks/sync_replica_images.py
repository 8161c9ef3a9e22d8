# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Synchronize images to replicas
#
# Each replica has every image of the master provider that can be copied, with its records and its data.

# %% [markdown]
# ## When to use
#
# The nightly job did not run, or omitted images.
#
# **Not for** one image: [Migrate an image](migrate_image.py) is faster, and checks its owner and members. **Not for**
# [copies that exist but can't be launched, which the synchronization skips](repair_replica_image.py). The plan names
# them.

# %% [markdown]
# ## Before you start
#
# - [ ] The master, usually in `REPLICATION_PROVIDER_LOCATION`. Its images never change.
# - [ ] `RUNBOOK_CLOUDS` names the master and every replica. Their accounts can read all images and list projects.
# - [ ] `LOCAL_STORAGE` on the Atmosphere host has room for the largest image. The plan shows the size.
# - [ ] The nightly job, `scripts/jetstream/cron_application_sync_providers.sh`, does not run at the same time.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
master_provider_id: int = 0  # Required. The provider that has the images.
replica_provider_ids: str = ""  # Required. The providers to copy to, separated by commas. Example: 5
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("sync_replica_images", globals())

# %% [markdown] tags=["repl"]
# ## By hand, on the Atmosphere host
#
# Only if the runbook can't reach the host. The plan has the exact command, without applications that would fail.
# `--dry-run` only prints the copies. From master 7 to replicas 4 and 5:
#
# ```sh
# export PYTHONPATH=/opt/dev/atmosphere:$PYTHONPATH
# export DJANGO_SETTINGS_MODULE=atmosphere.settings
# source /opt/env/atmo/bin/activate
# /opt/dev/atmosphere/scripts/application_sync_providers.py 7 4 5
# ```
#
# The exit code is 0 even if every copy failed. Look for
# `Encountered exception while running application_to_provider:` in the output. Put `--limit-app-ids` after the
# providers, or it reads them as applications. `--glance-client-versions` is ignored.

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Check the command, the copies, and the notes: sizes, missing owners and members, skipped applications.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Irreversible, and takes hours"
#
#     All data goes through the Atmosphere host, image by image. An interruption leaves one image half copied: migrate
#     it afterwards.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Each copy has its records in Atmosphere and its image in Glance.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Not possible. To hide a copy, end-date it under `/admin/core/instancesource`.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `left out: application 1216` | it would leave half a copy | fix the cause in the note, or ignore it |
# | `that a part of its work failed` | one application failed | read the cause beside it, then plan again |
# | `the script skips … but it is not copied` | records without an image | [repair it](repair_replica_image.py), or [migrate it](migrate_image.py) if *queued* |
# | `is named as the master and as a replica` | the scripts refuse that too | name the master once |
# | `HTTPConflict`, HTTP 409 | a deleted image was not purged | ask the cloud's operators to run `glance-manage db purge` |
# | exit 5 | the command or a copy failed | fix the cause and run this again |
#
# Send: the providers, the application's id, the script's last lines.

# %% [markdown]
# ## Background
#
# The script considers applications without an end date and with an active machine on the master. If each active
# version has a `provider_machine` on the replica, it counts as copied, so the script [skips broken and end-dated
# copies](../concepts/replication.md#half-made-copies).
#
# If the master lacks an active version, the nightly job fails on that application; the plan skips it. Without its
# owner, the administrator owns a copy.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's command tries all applications, and writes records for those that fail. Here `--limit-app-ids`
#       excludes them.
#     - The guide relies on exit code 0. This procedure checks the output and every copy.
#
# For Atmosphere v37. Sources: `scripts/{application_sync_providers,application_to_provider}.py`.
