# %% [markdown]
# # Restart the imaging workers
#
# The Celery workers that serve the imaging queue are new processes, and answer.

# %% [markdown]
# ## When to use
#
# The imaging worker hangs, holds on to something old after a change of code or settings, or is gone.
#
# **Not for** an imaging request that only failed: re-submit it, [Resubmit an imaging request](resubmit_imaging_request.py).
# **Not for** the other workers: [Restart the Celery workers](restart_celery_workers.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_HOST_EXEC` leads, as root, to the host or the container where the workers run: `ssh atmo-prod sudo`, or
#   `docker exec atmosphere`.
# - [ ] `RUNBOOK_BROKER_URL` is Celery's broker, as in Atmosphere's settings: `redis://127.0.0.1:6379/0`. Only there can be
#   seen what a killed worker left behind.
# - [ ] Nobody approves an imaging request meanwhile.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
graceful: bool = True  # True only asks the workers to finish, and waits; False also kills the ones that do not end within 30 seconds.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("restart_imaging_workers", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The plan is made only when the queue was *proved* empty: a worker answers and consumes it,
# nothing waits at any priority, nothing is given out and unacknowledged, and the worker has nothing running, begun or
# set aside for later. The processes are named by pid and start, the start in clock ticks since the host's boot.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "This can't be taken back"
#
#     The queue is proved empty once more right before. A worker that was asked to finish ends when its work is done,
#     also when you stop waiting for it. With `graceful=False` the programs that imaging started may be left behind:
#     connections of `/dev/nbd*`, files under `/storage`, an image named `ChromoSnapShot_…`.
#
# `ERROR: Pidfile … already exists` is said of the other workers: they live, and are left alone.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# None of the old processes is left, and the new ones answer and consume `imaging`.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# A process that has ended does not come back, so an undo is refused. To restart once more, run this again.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `nobody answers` | no worker is up, all hang, or this is another broker | compare `RUNBOOK_BROKER_URL` with Atmosphere's settings; read `/var/log/celery/imaging.log` |
# | `with a worker` | an image is being made | wait; it takes 20 to 40 minutes for 10 GB |
# | `given out and not acknowledged` | a worker was killed while it held that task; the broker gives it out again after an hour | wait for it, then for its end |
# | `is there and does not answer` | that process hangs: what it does can't be known | read its log; ask the operators of the host to end exactly that pid |
# | `is none of the processes on this host` | imaging runs on another host | let `RUNBOOK_HOST_EXEC` lead there |
# | exit 5, `was asked to finish and still runs` | it did not end in time; it will, once it is idle | plan again: the plan shows what is there; or `graceful=False` |
# | exit 5, `did not all answer` | the new process died or waits for the broker | read `/var/log/celery/imaging.log`, mend, and run this again: with no process left, it only starts |
#
# Send: the last lines of `/var/log/celery/imaging.log`.

# %% [markdown]
# ## Background
#
# One node named `imaging` serves the queue, one task at a time; its parent process takes the signals, its children work.
# `SIGTERM` to the parent is a warm shutdown: the running task ends, what was only given to it goes back into the queue.
# After `SIGKILL` a task that was begun is lost, its request stays `started` for ever, and one that was only taken out of
# the queue shows nowhere but in the broker's hash `unacked`.
#
# Where systemd keeps the workers, `service celeryd start` does nothing while any of them lives; so there the whole
# service is restarted, and every queue must be empty. In the development layout one node serves `default`, `email` and
# `imaging` together: all of its queues must be empty.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide looks at Flower: a queue length of 0 proves nothing, for a worker takes its next task out of the queue
#       early, and Flower leaves out a queue whose worker it has not seen.
#     - The guide's pipe of `grep` kills everything whose command line has `celery worker` and `imaging`, other nodes and
#       open editors among them. Here single processes are asked, and killed only on request, if pid, start and command
#       line are still the same.
#     - <span id="differs-kill-and-start"></span>The guide kills with `kill -9` and starts with `service celeryd start`, which systemd takes for done. On a development host
#       other queues die too, and the request that was imaged stays *started* without an error.
#
# Holds for Atmosphere v37. Sources: `atmosphere/celery_router.py`, `docker/celeryd.initd`,
# `extras/systemd/celeryd.service`, `extras/systemd/celeryd.default.dist.j2`.
