# %% [markdown]
# # Repair an image that is not copied to a replica
#
# The records of a broken copy are gone, and the next synchronization copies the image to that replica anew.

# %% [markdown]
# ## When to use
#
# An image never arrives on a replica, or can't be launched there, although the synchronization runs: it passes over
# every version that has records, whatever became of the image itself.
#
# **Not for** a copy whose image is *queued*, or one that something was launched from: copy it again with the records it
# has, which deletes nothing: [Migrate an image](migrate_image.py).
# **Not for** the provider that the image was made on. Its records are the image.

# %% [markdown]
# ## Before you start
#
# - [ ] The application's id, the version's name, and the provider with the broken copy.
# - [ ] `RUNBOOK_CLOUDS` names the replica and a provider with a good copy, with accounts that see **all** images: an
#       image that the account may not see looks like one that is gone.
# - [ ] The broken image is deleted in the replica's Glance, and nobody needs it:
#       `openstack --os-cloud NAME image delete UUID`. The plan refuses while it is there, and has the exact command.
# - [ ] The replica's operators have run `glance-manage db purge`: until then Glance answers HTTP 409 to that UUID.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
application_id: int = 0  # Required. The application (the web interface calls it an image).
version_name: str = ""  # Required. The version whose copy is broken.
replica_provider_id: int = 0  # Required. The provider with the broken copy; never the one that the image was made on.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("repair_replica_image", globals())

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. No plan, no record, no undo. After `./manage.py shell` in
# `/opt/dev/atmosphere`. The provider in the first line is what counts: the image has the same UUID everywhere. Stop if
# one of the counts is not 0:
#
# ```python
# from core.models import ExportRequest, Instance, InstanceSource, MachineRequest, Volume
# from core.models import ProviderMachine, ProviderMachineMembership
# from django.db.models import Q
# source = InstanceSource.objects.get(
#     provider__id=5, providermachine__application_version__application__id=1208,
#     providermachine__application_version__name="1.0",
# )
# machine = ProviderMachine.objects.get(instance_source=source)
# Instance.objects.filter(source=source).count()
# Volume.objects.filter(instance_source=source).count()
# ExportRequest.objects.filter(source=source).count()
# MachineRequest.objects.filter(Q(parent_machine=machine) | Q(new_machine=machine)).count()
# ProviderMachineMembership.objects.filter(provider_machine=machine).delete()
# machine.delete()
# source.delete()
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# If it is refused, the last line says what to do instead. The first note of a plan is the
# route that deletes nothing.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Ask for the purge first"
#
#     A copy that is begun before `glance-manage db purge` fails with HTTP 409, after it has made the records again.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The rows are looked up on a fresh connection. Then copy the image with the command in the plan's notes, or wait for the
# next synchronization, and launch an instance from it on the replica.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Every row comes back under its old key. Once something was copied anew, that is refused: the new records are in the
# place of the old ones.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is queued, and copying again uploads its data` | the records are fine, only the data is missing | run the command in the message |
# | `is killed in its Glance`, `with another checksum` | the broken image is still there | delete it with the command in the message, then plan again |
# | `used by 1 instance` | something was launched or made from this copy | keep the records; delete the image and copy with them |
# | `no other provider has a good copy` | this copy is the master, or the last one | keep it; mend another one first |
# | `is no replica: it was made there` | the provider is the one that the image was made on | name the other provider |
# | `end-dated ... and the script leaves that` | the nightly prune_machines hid the copy because its image was not active | clear the date after the copy is good |
# | `is not broken` | the image is active and the same as the good copy | look elsewhere: the fault is not in the copy |
# | HTTP 409, `HTTPConflict` while copying | the deleted image was not purged | `glance-manage db purge` on the replica, then copy again |
#
# Send: the application's id, the image's UUID, both providers, the log of the script.

# %% [markdown]
# ## Background
#
# `application_to_provider.py` writes the records first and copies the data last. When it breaks off in between, the
# records are there and the image is not. `application_sync_providers.py` looks at the records only, end-dated ones too,
# so it never tries again; run by itself for one application, the first script does, with the records it finds.
#
# So records have to go only where the synchronization is to do it, where a record is half deleted
# (an `instance_source` without a `provider_machine`, at which the script stops), or where the copy was end-dated.
#
# The order is that of the foreign keys: memberships, `provider_machine`, `instance_source`. After a copy, the new rows
# have other keys, a size of 0 and no creating identity; that is also how a replica is told from the master.
#
# While the image is still in the replica's Glance, the nightly `monitor_machines` (01:00) would make the records anew.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-provider-filter"></span>The guide deletes every `InstanceSource` with the image's UUID. Replicas share it: as written, that deletes the
#       master, every instance ever launched from the image on any provider, and their histories.
#     - It deletes the machines without a check of the imaging requests that refer to them, which Django takes along.
#     - <span id="differs-purge"></span>It leaves out the route that deletes nothing, and that Glance refuses the UUID of a deleted image with HTTP 409.
#     - <span id="differs-records-first"></span>It says that records are made after the data. They are made before, which is how the fault comes about.
#     - <span id="differs-repair-typos"></span>It calls a script `aplication_sync_providers.py`, which does not exist, has a `$` before a line of Python, and counts its steps
#       from 0, or twice from 1 in its plain text.
#
# Holds for Atmosphere v37. Sources: `scripts/application_to_provider.py`, `scripts/application_sync_providers.py`,
# `service/tasks/monitoring.py`, `core/models`.
