# %% [markdown]
# # Restart the Celery workers
#
# Every Celery worker of Atmosphere is a new process, and answers.

# %% [markdown]
# ## When to use
#
# After a change of code or settings that all workers must see, or when several of them hang.
#
# **Not for** the imaging worker alone: [Restart the imaging workers](restart_imaging_workers.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_HOST_EXEC` leads, as root, to the host or the container where the workers run: `ssh atmo-prod sudo`, or
#   `docker exec atmosphere`.
# - [ ] `RUNBOOK_BROKER_URL` is Celery's broker, as in Atmosphere's settings: `redis://127.0.0.1:6379/0`.
# - [ ] Users wait a little longer for their instances meanwhile; nobody approves an imaging request.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("restart_celery_workers", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The imaging queue, and every queue that the same worker serves, must be *proved* empty. What
# other workers are doing is named; the restart waits for it, unless systemd keeps the workers: then every queue must be
# empty.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "This can't be taken back, and must not be done twice at a time"
#
#     The restart waits for what is running. A second restart meanwhile does not wait: it kills.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# None of the old processes is left; every node is there again, answers, and consumes its queues.

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
# | `nobody answers` | no worker is up, all hang, or this is another broker | compare `RUNBOOK_BROKER_URL` with Atmosphere's settings; read the logs in `/var/log/celery` |
# | `with a worker` | an image is being made, or with systemd anything else | wait until it is done |
# | `given out and not acknowledged` | a worker was killed while it held that task; the broker gives it out again after an hour | wait for it, then for its end |
# | `is there and does not answer` | that process hangs: what it does can't be known | read its log; ask the operators of the host to end exactly that pid |
# | exit 5, `was cut off after 600 s` | a task takes longer; the restart goes on without you | check again later: `runbook doctor` names who answers |
# | exit 5, `did not all answer` | a new process died or waits for the broker | read its log in `/var/log/celery`, mend, and run this again |
#
# Send: the last lines of the worker's log.

# %% [markdown]
# ## Background
#
# `service celeryd restart` runs `celery multi restart`: each node's parent process gets `SIGTERM`, which is a warm
# shutdown, and is started again when it has ended. `service celeryd stop` is not the same: it kills after two seconds.
# Production has 16 nodes for the queues `default`, `fast_deploy`, `ssh_deploy`, `periodic`, `email` and `imaging`.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide gives `service celeryd restart` and asks to check Flower. Flower shows a queue's length, and 0
#       proves nothing: a worker takes its next task out of the queue early.
#     - It does not look whether the workers came back.
#
# Holds for Atmosphere v37. Sources: `docker/celeryd.initd`, `extras/systemd/celeryd.service`,
# `extras/systemd/celeryd.default.dist.j2`.
