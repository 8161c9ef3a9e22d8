# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Repair an image that is not copied to a replica
#
# The records of a broken copy are deleted, and the next synchronization copies the image to that replica again.

# %% [markdown]
# ## When to use
#
# An image is missing on a replica or can't be launched there, despite the synchronization.
#
# **Not for** a copy that is *queued* in Glance, or that an instance was launched from: [Migrate an
# image](migrate_image.py) copies it again without deletions. **Not for** the master, the provider where the image was
# made.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_CLOUDS` names the replica and a provider with a good copy, with accounts that see **all** images: a
#   hidden one looks missing.
# - [ ] Nobody needs the broken image. If it still exists, the refusal has the `openstack image delete` command.
# - [ ] The replica's operators have run `glance-manage db purge`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
application_id: int = 0  # Required. The application (the web interface calls it an image).
version_name: str = ""  # Required. The version with the broken copy.
replica_provider_id: int = 0  # Required. The provider with the broken copy, never the provider where the image was made.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("repair_replica_image", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo. All providers share the UUID. Stop if a count is not
# 0. After `./manage.py shell` in `/opt/dev/atmosphere`:
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
# If only this application is affected, prefer the command in the first note: it deletes nothing.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Purge first"
#
#     Until then, Glance rejects a new copy's UUID with HTTP 409.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Run the copy command in the plan's notes, or wait for the synchronization. Then launch an instance on the replica.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Every row is restored with its key, unless a new copy exists.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is queued, and copying again uploads its data` | only the data is missing | run the command in the message |
# | `killed in its Glance`, `with another checksum` | the broken image still exists | delete it with the command in the message, then plan again |
# | `used by 1 instance` | it can be a volume, export or request too | keep the records; delete the image and copy with them |
# | `no other provider has a good copy` | this copy is the master or the last one | keep it; repair another one first |
# | `is not a replica: it was made there` | the image was made on this provider | name the other provider |
# | `and the script does not change that` | the nightly `prune_machines` hid the copy | clear the date once the copy is good |
# | `is not broken` | it is identical to the good copy | look for another cause |
# | HTTP 409, `HTTPConflict` while copying | the deleted image was not purged | run `glance-manage db purge` on the replica, then copy again |
#
# Send: the application's id, the image's UUID, both providers, the log of the script.

# %% [markdown]
# ## Background
#
# An [interrupted copy](../concepts/replication.md#half-made-copies) has records without an image. The synchronization
# skips it. `application_to_provider.py` on its own reuses the records.
#
# So delete records only for the synchronization, an end-dated copy, or an `instance_source` without a
# `provider_machine`, at which the script stops.
#
# A new copy's rows have new keys, size 0 and no creating identity. While the image is in the replica's Glance, the
# nightly `monitor_machines` (01:00) recreates the records.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-provider-filter"></span>The guide deletes every `InstanceSource` with the image's UUID,
#       which replicas share. That deletes the master, every instance of the image on any provider, and their
#       histories.
#     - The guide does not check for imaging requests of the machines, which Django deletes too.
#     - <span id="differs-purge"></span>The guide omits the way that deletes nothing, and Glance's HTTP 409 for the
#       UUID of a deleted image.
#     - <span id="differs-records-first"></span>The guide says that data comes before records. The opposite is true,
#       and causes the error.
#     - <span id="differs-repair-typos"></span>The guide names a script `aplication_sync_providers.py`, which does not
#       exist, puts a `$` before Python, and miscounts its steps.
#
# For Atmosphere v37. Sources: `scripts/application_to_provider.py:356-401,562-579`,
# `scripts/application_sync_providers.py`, `service/tasks/monitoring.py`, `core/models`.
