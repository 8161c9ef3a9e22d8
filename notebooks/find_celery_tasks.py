# %% [markdown]
# # Find Celery tasks
#
# What became of an instance's or a user's tasks is shown with their tracebacks, and what is known of every queue.

# %% [markdown]
# ## When to use
#
# An instance is stuck in *build*, *networking* or *deploying*, an imaging request does not move, or an action was accepted and
# nothing came of it.
#
# **Not for** the playbooks of a deployment: [Find workflows](find_workflows.py). **Not for** proof that the imaging queue is
# empty before a restart: [Restart the imaging workers](restart_imaging_workers.py) asks for that itself.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_FLOWER_URL`, and a line for its host in `~/.netrc`: `machine HOST login NAME password WORD`.
# - [ ] `RUNBOOK_BROKER_URL`, where the broker can be reached. With one of the two the answer is partial and says so.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
text: str = ""  # What stands in a task's arguments, name, id, worker or result, taken literally; empty: the latest of all.
state: str = "any"  # Only tasks in this state of Celery's. One of: any, RECEIVED, STARTED, SUCCESS, FAILURE, RETRY, REVOKED, REJECTED.
most: int = 20  # The most tasks to show, 1 to 500: those that Flower heard of last.

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
# | *RECEIVED* | a worker has taken it, and waits for a free process |
# | *STARTED* | it runs, or ran when its worker was killed: then no worker holds it |
# | *RETRY* | a try failed; Celery tries again by itself |
# | *SUCCESS* | the task ended well. That a deployment succeeded shows on the instance |
# | *FAILURE* | it failed for good. The last line of the traceback says why |
# | *REVOKED* | somebody took it back |
#
# - *Worker* says whose log to read: `/var/log/celery/NODE.log` for `NODE@HOST`.
# - A queue is called *proved empty* only if its workers and the broker were seen to hold nothing. *Unknown* is not empty.
# - Likely passwords in arguments are masked: Atmosphere hands logins to imaging tasks, and Flower shows them.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `does not let this account in (HTTP 401)` | no or another login | put Flower's own login into `~/.netrc` |
# | `Flower cannot be reached` | it does not run: Atmosphere's container does not start it | start it, or read the workers' logs |
# | `Flower has missed tasks` | it was restarted, and its memory is gone | read the worker's log |
# | no task with the uuid | long arguments are cut at about 2,000 characters | search for the user name |
#
# Send: the task's id, its last traceback, the instance's uuid or the number of the request.

# %% [markdown]
# ## Background
#
# Atmosphere queues its work with Celery. Each node consumes one queue: *imaging* one task at a time, *ssh_deploy* the
# deployments, *fast_deploy* the waiting for new instances, *periodic* the monitoring, *email*, and *default* the rest.
#
# Flower listens to the workers' events and keeps them in memory. A restart empties it, and nothing in its answers says so.
# The workers count what they began since their own start: if that is more than Flower has seen, it has missed something.
#
# Flower 0.9.2, which Atmosphere installs, does not search in its API and leaves the worker out of its lists. Then the
# list is read as a whole, searched here, and each worker's list is asked for.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide looks at Flower's page alone; it does not say that a restart empties it.
#     - It takes an empty queue in Flower for proof. A worker takes its next task out of the queue early, and a killed one
#       leaves its task where only the broker shows it.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `atmosphere/celery_router.py`, `service/tasks/driver.py`, the API of
# Flower 0.9.2 and 2.2, `kombu/transport/redis.py`.
