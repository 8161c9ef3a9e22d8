# %% [markdown]
# # Redeploy an instance
#
# Atmosphere runs networking and deployment again on an active instance.

# %% [markdown]
# ## When to use
#
# An instance ended in *deploy_error*, or sits in *networking* or *deploying* for longer than 20 minutes.
#
# **Not for** an instance that does not answer at all: [Reboot an instance](reboot_instance.py). **Not for** one whose
# workflow only has to run again: [Resubmit a workflow](resubmit_workflow.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN`; the token's user is staff. No emulation is needed.
# - [ ] No maintenance is active, or the token's user is in `MAINTENANCE_EXEMPT_USERNAMES`. In practice mode,
#   three are active, and the token is that of `staffmember`, who is exempt.
# - [ ] The instance's uuid, which its page calls the alias.
# - [ ] With `RUNBOOK_CLOUDS`, the plan also says what the cloud says now: the database can be 15 minutes behind.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("redeploy_instance", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# It says whose instance it is, which status it has and since when. Tell the user.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "The clock starts again"
#
#     A deployment that was about to end is begun anew. Afterwards wait 20 minutes before you judge.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# What can be known at once is that Atmosphere accepted the action. What became of it shows later: the status goes through
# *redeploy* or *build*, *networking* and *deploying* to *active*. The database follows within 15 minutes.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# There is none: what a playbook did on the instance stays.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `only an active one can be redeployed` | suspended, shelved, stopped, or in error | resume, unshelve or start it; of an error read the fault: the refusal repeats it where `RUNBOOK_CLOUDS` has the cloud, else `openstack server show` |
# | `Cannot redeploy to an instance in a non-active state` | the database was behind; the cloud says something else | check the instance in the cloud |
# | exit 5, `whether … was asked to redeploy is not known` | the answer was lost | check the instance's status before asking again |
# | cut off, and `runbook history --settle` says that nothing was changed | the API can't tell afterwards whether it was asked | check the instance's status before asking again |
# | `closed for maintenance (HTTP 503` | the API keeps out staff too | stop the maintenance, or use the token of an exempt user |
# | *networking* for more than 2 hours | it has no address, or SSH does not answer | reboot it; check its console in the cloud |
# | *deploy_error* again | the playbook fails on this image | read the log of its workflow |
#
# Send: the instance's uuid and IP address, the user name, the provider, the status and since when.

# %% [markdown]
# ## Background
#
# The action goes to `POST /api/v2/instances/ALIAS/actions`. That endpoint does not ask whose instance it is, so a token of
# staff is enough; the older one, which the web interface uses, wants the owner, and so emulation.
#
# Atmosphere redeploys only what Nova calls active: in its database *active*, *networking*, *deploying*, *deploy_error*,
# *redeploy*, *reboot* or *hard_reboot*. A *build* can be either: an instance that starts in the cloud, or one that waits
# after a reboot.
#
# How long each stage may take in the code: *networking* 53 minutes for an address and then 2 hours 40 for SSH;
# *deploying* three tries of 25 minutes.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-redeploy-networking"></span>A redeployment runs networking again too, not the deployment alone.
#     - The guide emulates the user; nothing of that is needed.
#     - Rows of the history are written only when somebody looks: a status can be 15 minutes old.
#     - `scripts/admin_redeploy_instance.sh` does not work in v37: it imports a function that is gone.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `api/v2/views/instance.py`, `service/instance.py`,
# `service/tasks/driver.py`, `core/models/instance.py`.
