# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Find Celery tasks
#
# You see the tasks of an instance or user with their tracebacks, and the state of every queue.

# %% [markdown]
# ## When to use
#
# An instance is stuck in *build*, *networking* or *deploying*, imaging hangs, or an accepted action had no effect.
#
# **Not for** [deployment playbooks](find_workflows.py). [A restart](restart_imaging_workers.py) has its own check.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_FLOWER_URL`, with [Flower's login](../tools/flower.md#log-in) in `~/.netrc`:
#   `machine HOST login NAME password WORD`.
# - [ ] `RUNBOOK_BROKER_URL`, if the broker is reachable. One of the two gives a partial output.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
text: str = ""  # Text in a task's arguments, name, id, worker or result, taken literally; empty: the latest tasks of all.
state: str = "any"  # Only tasks in this Celery state. One of: any, RECEIVED, STARTED, SUCCESS, FAILURE, RETRY, REVOKED, REJECTED.
limit: int = 20  # How many tasks to show, 1 to 500: the tasks with Flower's latest events.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("find_celery_tasks", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# | state | meaning |
# | --- | --- |
# | *RECEIVED* | its worker waits for a free process |
# | *STARTED* | it runs. If no worker holds it, its worker was probably killed |
# | *RETRY* | an attempt failed; Celery retries by itself |
# | *SUCCESS* | it ended without an exception. The instance shows whether its deployment succeeded |
# | *FAILURE* | final. The traceback's last line has the reason |
# | *REVOKED* | someone canceled it |
#
# - The log of the worker `NODE@HOST` is `/var/log/celery/NODE.log`.
# - *There might be more*: raise `limit`, or search for a text.
# - *proved empty*: workers and broker hold nothing. *Unknown* is not empty.
# - Likely passwords are masked. Flower shows them: the arguments of imaging tasks contain logins.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `rejected this account (HTTP 401)` | the login is missing or wrong | correct `~/.netrc` |
# | `Flower cannot be reached` | Atmosphere's container does not start it | start it, or read the workers' logs |
# | `Flower missed tasks` | a restart erased its memory | read the worker's log |
# | no task with the UUID | Flower cuts arguments after about 2,000 characters | search for the username |
#
# Send: the task's id, its last traceback, the instance's UUID or the request's number.

# %% [markdown]
# ## Background
#
# Each node consumes one [queue](../concepts/deployment.md#celery-queues).
#
# Flower keeps events in memory. If workers count more begun tasks than Flower, it missed some.
#
# Atmosphere's Flower 0.9.2 can't search, and its list of workers omits some. The procedure searches all tasks and
# requests each worker separately.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide reads only Flower, and omits that restarts empty it.
#     - It accepts an empty queue in Flower as proof. Only the broker shows the task of a killed worker.
#
# For Atmosphere v37, Troposphere v36. Sources: `atmosphere/celery_router.py`, `service/tasks/driver.py`, the API of
# Flower 0.9.2 and 2.2, `kombu/transport/redis.py`.
