# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Change a quota
#
# A user's limits on one provider change, in Atmosphere and in the cloud; limits that you omit stay.

# %% [markdown]
# ## When to use
#
# A user needs more CPUs, memory, storage, instances or addresses at one time.
#
# **Not for** [hours of compute](change_allocation.py) or [answering the request](approve_resource_request.py), the
# next step.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN` are those of a staff user. Without the API, **the cloud keeps the
#   old limits**.
# - [ ] No maintenance is active, or that user is in `MAINTENANCE_EXEMPT_USERNAMES`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.
provider_id: int = 0  # Required. The provider of the identity.
cpu: int = 0  # Optional. Limit on the CPUs of all instances together.
memory_gb: int = 0  # Optional. Limit on the memory of all instances together, in GB.
storage_gb: int = 0  # Optional. Limit on the size of all volumes together, in GB.
instance_count: int = 0  # Optional. Limit on the number of instances.
snapshot_count: int = 0  # Optional. Limit on the number of snapshots.
volume_count: int = 0  # Optional. Limit on the number of volumes.
floating_ip_count: int = 0  # Optional. Limit on the number of floating IP addresses.
port_count: int = 0  # Optional. Limit on the number of ports (fixed IP addresses).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("change_quota", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Compare all eight limits, each a total. `storage` is in GB, `storage_count` counts volumes. *unlimited* is NULL or
# negative in the database.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "A lower limit stops nothing"
#
#     It only prevents new instances and volumes.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The old limits are restored, in the cloud too. The new row of `quota` and both events stay. The API can't restore
# unlimited CPUs, memory, storage or volumes.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `has 2 identities on provider` | the one in use is unknown | change it under `/admin/core/identity/ID` |
# | `there is no identity of` | no account on that provider | choose a provider that the message lists |
# | `rejects a quota whose` | the API needs four limits as numbers | set `cpu`, `memory_gb`, `storage_gb` and `volume_count` |
# | `show different quotas for identity` | API and database belong to different sites | compare `RUNBOOK_API_URL` with `RUNBOOK_ATMOSPHERE_DB` |
# | `closed for maintenance (HTTP 503` | the API rejects staff too | [stop it](stop_maintenance.py), or use an exempt user's token |
# | the user still has the old limit | only the database changed, or the identity has no credentials | set up the API and run this with another value, or set it in the cloud |
#
# Send: the user name, the provider's id, the requested limits.

# %% [markdown]
# ## Background
#
# [Identities with equal limits share a row of `quota`](../concepts/quota-and-allocation.md#quota-limits), so no row
# is edited. As upstream does, `identity.quota_id` moves to the equal row with the lowest id, or to a new one.
#
# `PATCH /api/v2/identities/UUID?username=NAME` writes an event. Its hook changes Nova, Cinder and Neutron, then
# Atmosphere. It skips the cloud if the identity has no credentials or the provider is a *mock*. An event inserted
# from outside has no effect.
#
# !!! info "How this differs from the staff guide"
#
#     The guide's dropdown on the identity membership and `SUSPEND #` are gone; the quota is at
#     `/admin/core/identity/ID`. "Never edit an existing quota" still holds.
#
# For Atmosphere v37. Sources: `core/hooks/quota.py`, `service/quota.py`, `core/models/quota.py`,
# `api/v2/views/identity.py`, `api/v2/serializers/details/quota.py`, `scripts/switch_user_quota.py`.
