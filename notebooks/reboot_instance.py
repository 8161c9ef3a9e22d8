# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Reboot an instance
#
# Atmosphere reboots an active instance and deploys it again.

# %% [markdown]
# ## When to use
#
# An *active* instance or its SSH server is unresponsive.
#
# **Not for** [a failed deployment on a responsive instance](redeploy_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN` are those of a staff user.
# - [ ] No maintenance is active, or that user is in `MAINTENANCE_EXEMPT_USERNAMES`.
# - [ ] The user agrees: programs end, **all boot scripts run again**, and another *ready* email follows.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias).
hard: bool = False  # Cut the power instead of asking the operating system to shut down.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("reboot_instance", globals())

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
# !!! danger "Programs end, irreversibly"
#
#     Try a soft reboot first. `hard=True` cuts the power and loses data that is not yet on disk.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Only Atmosphere's acceptance is verified. After 20 minutes, check the status with [Triage an
# instance](triage_instance.py): it changes from *reboot* or *hard_reboot* to *build*, *networking*, *deploying* and
# *active*.

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
# | `it cannot be rebooted` | the instance is not running, in error, or being redeployed | resume, unshelve or start it; for *error*, read the fault in the message |
# | exit 8, `it is unknown whether`, with HTTP 403 or 409 | an error before **or after** the reboot | check the instance in the cloud, then [record what you found](../concepts/how-a-procedure-works.md#interrupted-run) |
# | exit 8, `it is unknown whether`, or interrupted | the response was lost; the API keeps no trace | check the status before a retry, then record it |
# | `closed for maintenance (HTTP 503` | the API rejects staff too | [stop it](stop_maintenance.py), or use an exempt user's token |
# | *reboot* for over 10 minutes | the system does not shut down | set `hard=True` |
# | *deploy_error* afterwards | only the deployment failed | [redeploy](redeploy_instance.py); read its workflow's log |
#
# Send: the instance's uuid and IP address, the user name, the provider, the status and its time.

# %% [markdown]
# ## Background
#
# `POST /api/v2/instances/ALIAS/actions` with `reboot_type` `SOFT` or `HARD` accepts any staff token. Atmosphere marks
# the instance *initializing* and [deploys it as a new one](redeploy_instance.py#background): all timers restart.
#
# Troposphere also offers Reboot for *suspended* and *shutoff*, but the deployment that follows fails. In *redeploy*,
# it offers only Terminate.
#
# !!! info "How this differs from the staff guide"
#
#     - You need not emulate the user.
#     - The guide omits that a deployment follows, which can fail on its own.
#
# For Atmosphere v37, Troposphere v36. Sources: `api/v2/views/instance.py:185-195`,
# `service/instance.py:98-121,352-356`, `core/models/instance_action.py:117-155`, `core/models/instance.py`.
