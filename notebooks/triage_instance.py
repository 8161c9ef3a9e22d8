# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Triage an instance
#
# You see one instance's timeline from every system, a diagnosis, and the next step.

# %% [markdown]
# ## When to use
#
# An instance does not become active, failed with *error* or *deploy_error*, or behaves oddly.
#
# **Not for** [several instances](list_stuck_instances.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The instance's UUID: *Alias* on its page in the web interface.
# - [ ] Any of the systems above. The others appear under *Missing*.
# - [ ] An administrator's account in `clouds.yaml`, to see fault details.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias). Or its name, its address, or its user: several are listed.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("triage_instance", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - The first sentence is the state and its age. *Past the guide's 20 minutes*: check it. *Past the limit of
#   Atmosphere's code*: Atmosphere gave up.
# - *Nova reports*: the cloud's current state. If the database differs, the database is out of date.
# - Each diagnosis names its source: `nova`, `database`, `celery`, `argo` or `logs`. The first diagnosis counts most.
# - **Timeline**: one lane per source, downward in UTC, not to scale. A bar has a duration. A failure has a thick
#   outline, a diamond and *trouble:* here, and *(!)* in a terminal.
# - *History in the database*: recorded when someone opens the page, or every 15 minutes, so a state can be older.
# - *Nova's fault*: the reason for *error*, which Atmosphere does not store. *no details*: not an administrator's
#   account.
# - *Atmosphere's record*: the deployment's error. *Test Error Message*, *Longer Error Traceback...*: Atmosphere
#   waited two hours for a missing instance or address.
# - *RETRY*: Celery retries by itself. *FAILURE*: it does not.
# - *Argo workflows*: each of Celery's attempts submits one. Its failed step is a playbook.
# - *Capacity of the cloud*, for *build* and *error*: memory must fit on one hypervisor.
# - **Next** has the staff guide's steps, without those that were tried since the failure.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no instance` | not an alias, or its cloud is not configured | copy the alias from the instance's page |
# | `has no cloud configured` under *Missing* | not in `RUNBOOK_CLOUDS` | add it |
# | `it did not respond within` under *Missing* | a slow source | inspect again; run `runbook doctor` |
# | deployed, but no workflow | Argo deleted it | [find its saved logs](find_workflows.py) |
# | deployed, but no task | Flower restarted | [search the worker's log](find_log_lines.py) |

# %% [markdown]
# ## Background
#
# After the database, all sources are queried at once, within 8 seconds. The rules of `runbook triage` recognize
# faults, exceptions and log lines.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide reads the sources one by one. Side by side, they show the first failure.
#     - It reads the fault with `nova show`. Here, you also see the actions that Nova was requested to do.
#     - It repeats *Redeploy* at each *deploy_error*. Here the history decides.
#     - It omits that *deploying* instances can be active in Nova.
#
# For Atmosphere v37. Sources: `core/models/{instance,instance_history}.py`, `service/tasks/driver.py`,
# `service/argo`.
