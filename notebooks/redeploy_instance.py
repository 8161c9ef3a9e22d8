# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Redeploy an instance
#
# Atmosphere repeats networking and deployment of an active instance.

# %% [markdown]
# ## When to use
#
# An instance ended in *deploy_error*, or exceeds [the limit](../concepts/instance-states.md#launch) of *networking*
# or *deploying*.
#
# **Not for** [an unresponsive instance](reboot_instance.py) or [repeating a workflow alone](resubmit_workflow.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN` are those of a staff user.
# - [ ] No maintenance is active, or that user is in `MAINTENANCE_EXEMPT_USERNAMES`.
# - [ ] The user knows that **all boot scripts run again**, even run-once ones, and another *ready* email follows.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("redeploy_instance", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Check the owner and the status in the notes.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "All timers restart"
#
#     Even a deployment that is about to end starts again.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Only Atmosphere's acceptance is verified. After 20 minutes, check the status with [Triage an
# instance](triage_instance.py): it changes from *redeploy* or *build* to *networking*, *deploying* and *active*.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Not possible.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `only an active instance can be redeployed` | the instance is not running, or in error | resume, unshelve or start it; for *error*, read the fault in the message |
# | `Cannot redeploy to an instance in a non-active state` | the database was out of date | check the instance in the cloud |
# | exit 8, `it is unknown whether`, with HTTP 403 or 409 | an error, perhaps partway: *initializing* can stay | check the status, then [record what you found](../concepts/how-a-procedure-works.md#interrupted-run) |
# | exit 8, `it is unknown whether`, or interrupted | the response was lost; the API keeps no trace | check the status before a retry, then record it |
# | `closed for maintenance (HTTP 503` | the API rejects staff too | [stop it](stop_maintenance.py), or use an exempt user's token |
# | *networking* for over 2 hours | no address or SSH | [reboot it](reboot_instance.py); check its console in the cloud |
# | *deploy_error* again | a playbook fails on this image | read the workflow's log |
# | *user_deploy_error*, `Expected this instance to have a project` | the instance has no project | add it to one, then redeploy |
#
# Send: the instance's uuid and IP address, the user name, the provider, the status and its time.

# %% [markdown]
# ## Background
#
# `POST /api/v2/instances/ALIAS/actions` accepts any staff token. Troposphere's older endpoint requires the owner, and
# so emulation.
#
# Atmosphere redeploys what Nova calls active: *active*, *networking*, *deploying*, *deploy_error*, *redeploy*,
# *reboot* or *hard_reboot* in its database. *build* is unclear: starting, or waiting after a reboot.
#
# It deploys as for the first time. First it deletes the project's unattached floating addresses, except on *iPlant
# Cloud - Tucson*.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-redeploy-networking"></span>A redeployment repeats networking too, not the deployment alone.
#     - You need not emulate the user.
#     - `scripts/admin_redeploy_instance.sh` fails in v37: it imports a removed function.
#
# For Atmosphere v37, Troposphere v36. Sources: `api/v2/views/instance.py:185-195`, `service/instance.py`,
# `service/tasks/driver.py:614-668,1378-1381`, `core/models/instance.py`.
