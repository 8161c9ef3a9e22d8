# %% [markdown]
# # Find Celery tasks
#
# You see an instance's or user's tasks with tracebacks, and every queue's state.

# %% [markdown]
# ## When to use
#
# An instance is stuck in *build*, *networking* or *deploying*, an imaging request hangs, or an accepted action had no
# effect.
#
# **Not for** deployment playbooks: [Find workflows](find_workflows.py). **Not for** proof before a restart: [Restart
# the imaging workers](restart_imaging_workers.py) has its own check.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_FLOWER_URL`, with [Flower's login](../tools/flower.md#log-in) in `~/.netrc`:
#   `machine HOST login NAME password WORD`.
# - [ ] `RUNBOOK_BROKER_URL`, if reachable. With one of both, the answer is partial and says so.

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
# | *RECEIVED* | a worker has it, waiting for a free process |
# | *STARTED* | it runs, or its worker was killed; then no worker holds it |
# | *RETRY* | an attempt failed; Celery retries by itself |
# | *SUCCESS* | it ended well; the instance shows its deployment's result |
# | *FAILURE* | final; the traceback's last line has the reason |
# | *REVOKED* | someone canceled it |
#
# - *worker* names the log: `/var/log/celery/NODE.log` for `NODE@HOST`.
# - *proved empty*: workers and broker hold nothing. *Unknown* is not empty.
# - Likely passwords are masked: imaging tasks' arguments contain logins, which Flower shows.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `rejected this account (HTTP 401)` | no or a wrong login | correct `~/.netrc` |
# | `Flower cannot be reached` | Atmosphere's container does not start it | start it, or read the workers' logs |
# | `Flower missed tasks` | a restart erased its memory | read the worker's log |
# | no task with the UUID | arguments end after about 2,000 characters | search for the user name |
#
# Send: the task's id, its last traceback, the instance's UUID or the request's number.

# %% [markdown]
# ## Background
#
# Each node consumes one [queue](../concepts/deployment.md#celery-queues); *imaging* runs one task at a time.
#
# Flower keeps events in memory. Workers count begun tasks; if their count exceeds Flower's, it missed some.
#
# Flower 0.9.2, which Atmosphere installs, can't search, and its lists omit workers. The procedure searches the complete
# list and requests each worker's.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide reads only Flower, and omits that restarts empty it.
#     - It accepts an empty queue in Flower as proof. Workers fetch tasks early; a killed one leaves its task where only
#       the broker shows it.
#
# Applies to Atmosphere v37 and Troposphere v36. Sources: `atmosphere/celery_router.py`, `service/tasks/driver.py`, the
# API of Flower 0.9.2 and 2.2, `kombu/transport/redis.py`.
