# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Restart the Celery workers
#
# Every Celery worker of Atmosphere is replaced by a new process that responds.

# %% [markdown]
# ## When to use
#
# All workers must load changed code or settings, or several hang.
#
# **Not for** [the imaging worker alone](restart_imaging_workers.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_HOST_EXEC` runs commands as root on the workers' host: `ssh atmo-prod sudo`, or `docker exec` and a
#   container's name from `docker ps`.
# - [ ] Nobody approves an imaging request until the restart ends. Users wait a little longer for their instances.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("restart_celery_workers", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# All queues of the imaging worker, or under systemd every queue, must be *proved* empty. The restart waits for the
# other workers' tasks in the notes.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Irreversible; never run two at once"
#
#     The restart waits for running tasks. A second restart kills them.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# No old process is left; every node consumes its queues.

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
# | `no worker responds` | all workers are down, or the broker's address is wrong | check `RUNBOOK_BROKER_URL`; read `/var/log/celery` |
# | `held by a worker` | an image is being made; under systemd, any task | wait until it ends |
# | `delivered but not acknowledged` | a killed worker's task, delivered again after an hour | wait until it ends |
# | `runs but does not respond` | that process hangs | read its log; ask the host's operators to end that pid |
# | exit 8, `after 600 s` | a task takes longer; the restart continues | later, `runbook doctor` names the workers that respond |
# | exit 5, `not all workers of` | a new process ended or waits for the broker | read its log, fix the cause, run this again |
#
# Send: the last lines of the worker's log.

# %% [markdown]
# ## Background
#
# `service celeryd restart` runs `celery multi restart`. Each node's parent process gets `SIGTERM`, finishes its tasks
# (a warm shutdown) and starts again. `service celeryd stop` kills after two seconds. Production has 16 nodes for [six
# queues](../concepts/deployment.md#celery-queues).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide checks Flower, where a length of 0 [proves nothing](../tools/imaging-queue.md#idle-check).
#     - The guide does not check that the workers return.
#
# For Atmosphere v37. Sources: `docker/celeryd.initd`, `extras/systemd/celeryd.service`,
# `extras/systemd/celeryd.default.dist.j2`.
