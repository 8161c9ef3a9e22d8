# %% [markdown]
# # Change a quota
#
# A user has other limits on one provider, in Atmosphere and in the cloud; a limit that is not given stays as it is.

# %% [markdown]
# ## When to use
#
# A resource request asks for more CPUs, memory, storage, instances or addresses, and you agree.
#
# **Not for** hours of compute: [Change an allocation](change_allocation.py). **Not for** answering the request itself,
# which changes no limit: [Approve a resource request](approve_resource_request.py) comes afterwards.

# %% [markdown]
# ## Before you start
#
# - [ ] The user name, exactly, and the provider's id.
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN` of a staff user. Without them only Atmosphere's database is changed, and
#   **the cloud keeps the old limits** until somebody sets them there.
# - [ ] No maintenance is active, or the token's user is in `MAINTENANCE_EXEMPT_USERNAMES`. In practice mode,
#   three are active, and the token is that of `staffmember`, who is exempt.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.
provider_id: int = 0  # Required. The provider of the identity.
cpu: int = 0  # Optional. CPUs of all instances together.
memory_gb: int = 0  # Optional. Memory of all instances together, in GB.
storage_gb: int = 0  # Optional. All volumes together, in GB.
instance_count: int = 0  # Optional. How many instances.
snapshot_count: int = 0  # Optional. How many snapshots.
volume_count: int = 0  # Optional. How many volumes.
floating_ip_count: int = 0  # Optional. How many floating addresses.
port_count: int = 0  # Optional. How many ports (fixed addresses).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("change_quota", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# It shows all eight limits before and after. *unlimited* is said in words, with what the
# database holds for it: NULL, or a number below zero.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "A limit below what is in use stops nothing that runs"
#
#     It only keeps the user from starting more. Undo brings back the old limits, in the cloud too.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The quota is read back, through the API when it was changed there.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The identity gets its old limits back. Through the API, Atmosphere keeps a row of `event_table` for the change and
# one for its undo, and a new row of `quota` stays: it may be in use by others by then. An old quota that has no limit on
# CPUs, memory, storage or volumes can't be set through the API; the plan says so beforehand.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `has 2 identities on provider` | nothing tells which is used | change it under `/admin/core/identity/ID` |
# | `there is no identity of` | the user has no account on that provider | check the providers that the message lists |
# | `takes no quota whose … is unlimited or less than 1` | the API wants four of the limits to be numbers | give `cpu`, `memory_gb`, `storage_gb` and `volume_count` too |
# | `shows another quota for identity` | the API and the database are not the same site | compare `RUNBOOK_API_URL` with `RUNBOOK_ATMOSPHERE_DB` |
# | `closed for maintenance (HTTP 503` | the API keeps out staff too | stop the maintenance, or use the token of an exempt user |
# | the user still meets the old limit | only the database was changed, or the identity has no credentials | set the API up and run this again with another value first; or set the limits in the cloud |
#
# Send: the user name, the provider's id, the limits wanted.

# %% [markdown]
# ## Background
#
# A row of `quota` is shared by all identities with these limits, so no row is ever edited: an equal one is used again (the
# one with the lowest id, as upstream does), or a new one is added. Then `identity.quota_id` points to it.
#
# Through the API, `PATCH /api/v2/identities/UUID?username=NAME` writes an event, and its hook sets the limits in Nova,
# Cinder and Neutron before it sets them in Atmosphere. Nothing is sent to the cloud for an identity without credentials,
# nor on a provider of the type *mock*. A row of `event_table` that is inserted from outside does nothing.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's quota dropdown on the identity membership is gone. The quota is the identity's; in the admin pages it is
#       under `/admin/core/identity/ID`.
#     - There is no `SUSPEND #` any more.
#     - Approving a resource request grants nothing; it sends an e-mail.
#     - "Never edit an existing quota" still holds.
#
# Holds for Atmosphere v37. Sources: `core/hooks/quota.py`, `service/quota.py`, `core/models/quota.py`,
# `api/v2/views/identity.py`, `api/v2/serializers/details/quota.py`, `scripts/switch_user_quota.py`.
