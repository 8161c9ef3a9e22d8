# %% [markdown]
# # Migrate an image to another provider
#
# Every active version of an image is on the destination provider, with its records in Atmosphere and its data in Glance.

# %% [markdown]
# ## When to use
#
# An image exists on one provider and is wanted on another, new one, or a copy was begun and never finished.
#
# **Not for** all images of a provider: [Synchronize images to replicas](sync_replica_images.py).
# **Not for** a copy whose image in Glance is neither *queued* nor *active*: it has to be removed first, with
# [Repair a replica](repair_replica_image.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The application's id: the number in the address of its page, `/application/images/ID`.
# - [ ] `RUNBOOK_CLOUDS` names both providers, with an account that may read all images and list projects.
# - [ ] The Atmosphere host has room for the largest image in `LOCAL_STORAGE`; the plan says how much.
# - [ ] Nobody else copies this image: the nightly synchronization does too.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
application_id: int = 0  # Required. The application (the web interface calls it an image).
destination_provider_id: int = 0  # Required. The provider that gets it.
source_provider_id: int = 0  # Required. The provider that has every version of it.
ignore_missing_owner: bool = False  # Copy it although its owner has no project there; the administrator's project owns it then.
ignore_missing_members: bool = False  # Copy a private image although some of its members have no project there.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("migrate_image", globals())

# %% [markdown] tags=["repl"]
# ## By hand, on the Atmosphere host
#
# For sites where the runbook has no way to the host. Make the plan here all the same: it names what would fail, and
# afterwards what is missing. `--help` lists the script's options.
#
# ```sh
# export PYTHONPATH=/opt/dev/atmosphere:$PYTHONPATH
# export DJANGO_SETTINGS_MODULE=atmosphere.settings
# source /opt/env/atmo/bin/activate
# /opt/dev/atmosphere/scripts/application_to_provider.py 1378 7 --source-provider-id 4 --ignore-missing-owner --ignore-missing-members
# ```
#
# `--migrate-end-dated-versions` fails with `TypeError: 'QuerySet' object is not callable`. The two options for a version
# of the Glance client are accepted and ignored. The script logs the iRODS password of `--irods-conn` in clear.

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The first line is the command; each line below it is a copy that must be complete
# afterwards. The notes have the table of copies with their sizes.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "It can't be taken back, and it takes long"
#
#     The script writes the records first and the data afterwards. If it is stopped in between, the copy is listed but
#     can't be launched; running this again completes it. All data goes over the network twice, through the host.

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
# There is none: what the script wrote can't be told from what others wrote on the same rows. To take a copy away, end-date
# its machine under Admin > Manage images.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `does not have the project 'zoë' of the owner` | the owner has no account on the destination | give them one, or `ignore_missing_owner=True` |
# | `does not have projects named like these members` | a member, or a group with several users, has no project of that name there | the same, or `ignore_missing_members=True` |
# | `has no machine on provider 4, so the whole application fails` | a version is not on the source | choose a source that has all, or end-date that version |
# | `is killed on provider 5; only a queued one takes data` | an earlier copy broke off | delete that image, then repair the replica |
# | `a second one is refused` | an earlier repair left the `instance_source` behind | repair the replica |
# | `HTTPConflict`, HTTP 409 | an image of this UUID was deleted there and not purged | the cloud's operators run `glance-manage db purge` |
# | `Image checksums don't match, upload may have failed!` | three uploads arrived damaged | check the network, then run this again |
# | `Could not download Glance image from source provider` | three downloads arrived damaged, or there is no room | check the room on the host, then run this again |
# | exit 5, `applied only in part` | the script failed; what it wrote before stays | mend the cause and run this again |
#
# Send: the application's id, both providers, the script's last lines.

# %% [markdown]
# ## Background
#
# For each active version, oldest first, the script makes an image with the *same* UUID in the destination's Glance, adds
# an `instance_source` and a `provider_machine`, writes name, owner, visibility, members and properties, and then transfers
# the data through the host, three tries each way, compared by checksum. An image that is *active* there already is only
# compared; a *queued* one gets its data; any other state stops it. An image made of a kernel and a ramdisk takes both
# along.
#
# The new copy takes over the end date of the copy it came from. A copy that is end-dated on the destination stays hidden.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's example sets both `--ignore-missing` flags. Here they are off unless you ask for them: the plan says who
#       is missing, and the owner of such a copy is the administrator.
#     - The guide says that records come after the data. They come first, which is why copies stay half-made.
#
# Holds for Atmosphere v37. Sources: `scripts/application_to_provider.py`, `core/models/application.py`,
# `core/models/identity.py`.
