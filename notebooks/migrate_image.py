# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Migrate an image to another provider
#
# Every active version of an image is on the destination provider, with its records and its data.

# %% [markdown]
# ## When to use
#
# Another provider must have an image, or a copy is unfinished.
#
# **Not for** [all images of a provider](sync_replica_images.py). **Not for** a copy that is neither *queued* nor
# *active* in Glance: [repair the replica](repair_replica_image.py) first.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_CLOUDS` names both providers. Their accounts can read all images and list projects.
# - [ ] `LOCAL_STORAGE` on the Atmosphere host has room for the largest image. The plan shows the size.
# - [ ] Nothing else copies this image at the same time, such as the nightly synchronization.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
application_id: int = 0  # Required. The application (the web interface calls it an image).
destination_provider_id: int = 0  # Required. The provider to copy to.
source_provider_id: int = 0  # Required. The provider to copy from; it must have every version.
ignore_missing_owner: bool = False  # Copy the image even if its owner has no project there; the administrator's project then owns the copy.
ignore_missing_members: bool = False  # Copy a private image even if some of its members have no project there.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("migrate_image", globals())

# %% [markdown] tags=["repl"]
# ## By hand, on the Atmosphere host
#
# Only if the runbook can't reach the host. Plan before, to see the copies that would fail, and afterwards, to see
# missing ones.
#
# ```sh
# export PYTHONPATH=/opt/dev/atmosphere:$PYTHONPATH
# export DJANGO_SETTINGS_MODULE=atmosphere.settings
# source /opt/env/atmo/bin/activate
# /opt/dev/atmosphere/scripts/application_to_provider.py 1378 7 --source-provider-id 4 --ignore-missing-owner --ignore-missing-members
# ```
#
# `--migrate-end-dated-versions` fails with `TypeError: 'QuerySet' object is not callable`. Both options for the
# Glance client's version are ignored. The script logs the iRODS password of `--irods-conn` in clear text.

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Check the command, the copies and the sizes.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Irreversible and slow"
#
#     All data crosses the network twice. After an interruption, the copy is listed but can't be launched: run this
#     again.

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
# Not possible, because other programs write the same rows. To hide a copy, end-date it under
# `/admin/core/instancesource`.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `does not have the project 'zoë' of the owner` | no account on the destination | create one, or `ignore_missing_owner=True` |
# | `with the names of these members` | they have no project there | create one, or `ignore_missing_members=True` |
# | `has no machine on provider 4, so the whole application fails` | the source lacks a version | choose another source, or end-date that version |
# | `is killed on provider 5, and only a queued image` | an interrupted copy | delete that image, then [repair the replica](repair_replica_image.py) |
# | `and a second one is not allowed` | an earlier repair left the `instance_source` | [repair the replica](repair_replica_image.py) |
# | `HTTPConflict`, HTTP 409 | a deleted image was not purged | ask the cloud's operators to run `glance-manage db purge` |
# | `Image checksums don't match, upload may have failed!` | three damaged uploads | check the network, then run this again |
# | `Could not download Glance image from source provider` | three damaged downloads, or no room | free space on the host, then run this again |
# | exit 5 | the script failed partway | fix the cause and run this again |
#
# Send: the application's id, both providers, the script's last lines.

# %% [markdown]
# ## Background
#
# For each active version, oldest first, the script [writes records before
# data](../concepts/replication.md#half-made-copies) and compares checksums. It also copies name, owner, visibility,
# members, properties, kernel and ramdisk. It only compares an *active* image, fills a *queued* one, and stops at any
# other.
#
# A new copy takes over its source's end date. An end-dated copy on the destination stays hidden.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's example sets both `--ignore-missing` options. Here they are off, and the plan names the missing
#       owners and members.
#     - The guide wrongly says that the script copies data before
#       [records](repair_replica_image.py#differs-records-first).
#
# For Atmosphere v37. Sources: `scripts/application_to_provider.py`, `core/models/{application,identity}.py`.
