# %% [markdown]
# # Reboot an instance
#
# Atmosphere reboots an active instance, softly or hard, and deploys it again afterwards.

# %% [markdown]
# ## When to use
#
# An instance is *active* and does not answer, or its deployment hangs because SSH does not answer.
#
# **Not for** a deployment that failed on a machine that answers: [Redeploy an instance](redeploy_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN`; the token's user is staff. No emulation is needed.
# - [ ] No maintenance is active, or the token's user is in `MAINTENANCE_EXEMPT_USERNAMES`. In practice mode,
#   three are active, and the token is that of `staffmember`, who is exempt.
# - [ ] The user agrees: running programs end.
# - [ ] The instance's uuid, which its page calls the alias.
# - [ ] With `RUNBOOK_CLOUDS`, the plan also says what the cloud says now: the database can be 15 minutes behind.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias).
hard: bool = False  # Cut the power instead of asking the system to shut down.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("reboot_instance", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# It says whose instance it is, which status it has and since when.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! danger "Programs end, and there is no undo"
#
#     Try a soft reboot first. `hard=True` cuts the power: what was not yet written to disk is lost.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# What can be known at once is that Atmosphere accepted the action. Afterwards the status goes through *reboot* or
# *hard_reboot*, *build*, *networking* and *deploying* to *active*. Check again in 20 minutes; the database follows within
# 15.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# There is none.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `it can't be rebooted` | suspended, shelved, stopped, in error, or being redeployed | resume, unshelve or start it; of an error read the fault: the refusal repeats it where `RUNBOOK_CLOUDS` has the cloud, else `openstack server show` |
# | `rejected reboot SOFT of` | the database was behind; the cloud says something else | check the instance in the cloud |
# | exit 5, `whether … was asked to reboot SOFT is not known` | the answer was lost | check the instance's status before asking again |
# | cut off, and `runbook history --settle` says that nothing was changed | the API can't tell afterwards whether it was asked | check the instance's status before asking again |
# | `closed for maintenance (HTTP 503` | the API keeps out staff too | stop the maintenance, or use the token of an exempt user |
# | *reboot* for longer than 10 minutes | the system does not shut down | reboot with `hard=True` |
# | *deploy_error* afterwards | the deployment failed | [redeploy](redeploy_instance.py); read the log of its workflow |
#
# Send: the instance's uuid and IP address, the user name, the provider, the status and since when.

# %% [markdown]
# ## Background
#
# The action goes to `POST /api/v2/instances/ALIAS/actions`, with `reboot_type` `SOFT` or `HARD`. That endpoint does not ask
# whose instance it is, so a token of staff is enough. Atmosphere then marks the instance as *initializing* and runs
# networking and deployment again, so every timer of the instance starts anew.
#
# Which actions the web interface offers depends on the status: Reboot while the instance is active in the cloud or its
# deployment failed. While it is *redeploy*, nothing but Terminate is offered.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide emulates the user; nothing of that is needed.
#     - A reboot is followed by a deployment, which can fail on its own: *deploy_error* after a reboot is no sign that the
#       reboot failed.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `api/v2/views/instance.py`, `service/instance.py`,
# `core/models/instance_action.py`, `core/models/instance.py`.
