# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Restart the imaging workers
#
# The Celery workers of the imaging queue are replaced by new processes that respond.

# %% [markdown]
# ## When to use
#
# The imaging worker hangs, is gone, or must load changed code or settings.
#
# **Not for** [a failed request](resubmit_imaging_request.py) or [the other workers](restart_celery_workers.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_HOST_EXEC` runs commands as root on the workers' host: `ssh atmo-prod sudo`, or `docker exec` and a
#   container's name from `docker ps`.
# - [ ] Nobody approves an imaging request until the restart ends.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
graceful: bool = True  # True only asks the workers to stop, and waits. False also kills workers that do not stop within 30 seconds.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("restart_imaging_workers", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The queue must be [proved empty](../tools/imaging-queue.md#idle-check). `start` is a process's start time in clock
# ticks since the host's boot.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Irreversible"
#
#     The queue is checked again. A worker that was asked to stop ends after its task, even if you interrupt the run.
#     `graceful=False` can leave [connected devices, files and a
#     snapshot](../tools/failed-imaging-request.md#leftovers).
#
# `ERROR: Pidfile … already exists` is harmless: it names the other workers, which keep running.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# No old process is left; the new ones consume `imaging`.

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
# | `no worker responds` | the worker is down, or the broker's address is wrong | check `RUNBOOK_BROKER_URL`; read `/var/log/celery/imaging.log` |
# | `held by a worker` | an image is being made | wait 20 to 40 minutes per 10 GB |
# | `delivered but not acknowledged` | a killed worker's task, delivered again after an hour | wait until it ends |
# | `runs but does not respond` | that process hangs | read its log; ask the host's operators to end that pid |
# | `is none of the processes on this host` | imaging runs on another host | set `RUNBOOK_HOST_EXEC` to that host |
# | exit 5, `received the signal to finish and still runs` | it ends when it is idle | plan again, or set `graceful=False` |
# | exit 5, `not all workers of` | the new process ended or waits for the broker | read the log, fix the cause, run this again, which only starts what is missing |
#
# Send: the last lines of `/var/log/celery/imaging.log`.

# %% [markdown]
# ## Background
#
# The node `imaging` runs one task at a time. Its parent process gets the signals. After `SIGTERM`, the running task
# ends and reserved tasks return to the queue. After `SIGKILL`, the running task is lost, its request stays `started`,
# and reserved tasks stay in the broker's hash `unacked`.
#
# Under systemd, all workers restart, so every queue must be empty. On a development host, one node serves `default`,
# `email` and `imaging`.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide checks Flower, where a length of 0 [proves nothing](../tools/imaging-queue.md#idle-check).
#     - The guide's `grep` also kills other nodes and editors. This procedure signals single processes, and kills only
#       on request, if pid, start and command line are unchanged.
#     - <span id="differs-kill-and-start"></span>The guide uses `kill -9`, then `service celeryd start`, with the
#       effects above. On a development host, other queues lose their worker too.
#
# For Atmosphere v37. Sources: `atmosphere/celery_router.py`, `docker/celeryd.initd`,
# `extras/systemd/celeryd.service`, `extras/systemd/celeryd.default.dist.j2`.
