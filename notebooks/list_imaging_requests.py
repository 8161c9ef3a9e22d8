# %% [markdown]
# # List imaging requests
#
# You see which open imaging requests are running, stalled, failed or waiting for approval.

# %% [markdown]
# ## When to use
#
# Before you approve a request, if users ask for theirs, or if imaging seems to stand still.
#
# **Not for** one failed request: [Triage an imaging request](triage_imaging_request.py). **Not for** approving:
# [Approve an imaging request](approve_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.
# - [ ] `RUNBOOK_BROKER_URL`, to locate each request's task. Without it, stalled requests look in flight.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
state: str = "all"  # The open requests to list; the answer counts all of them in any case. One of: all, in-flight, waiting, errored, stalled.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("list_imaging_requests", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *in-flight*: it probably runs. *task* is *active* (running), *reserved* (fetched by a worker), *scheduled* (waits
#   for its time) or *2 of 3 waiting* (its place in the queue). *No task of it was found* and *unknown* prove nothing:
#   inspect again in some minutes.
# - *stalled*: it looks in flight, without an error, but nothing works on it and nothing will. *proved empty*: its task
#   is nowhere, and its status was the same afterwards. A killed worker or missing credentials cause that.
# - *its message is NULL*: the start failed after it set *started*.
# - *errored*: it failed; a failure keeps the status. *meaning* explains the error. Ignore the state in parentheses
#   before it.
# - *waiting*: someone must approve or deny it. *meaning* is where an approval would resume.
# - *submitted* and *age* count from the submission. The approval's time is not recorded.
# - *provider* is the instance's; *to 4* is the image's, if different.
# - *(ended)*: the instance is gone and can't be imaged.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `RUNBOOK_BROKER_URL is not set` under *Missing* | nothing can be called stalled | set it, or check [Flower](../tools/flower.md) |
# | *in-flight* for hours, *no task of it was found* | its worker is busy or unresponsive | [Restart the imaging workers](restart_imaging_workers.py) shows which |
# | a request is missing | it is completed, denied or closed | check its image |
# | the web interface shows `(ERROR)`, but it waits | resubmitted; the message stays until the start | approve it |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# A request's [chain of tasks](../concepts/imaging-request-life.md#chain) uses the queue `imaging`; its validation also
# waits in `fast_deploy`. Production has one imaging process, so further approved requests wait as *started*.
#
# [In flight](../tools/imaging-queue.md#requests-in-flight) is defined as in the web interface. Tasks are recognized by
# the UUID of the instance or uploaded image in their arguments. A waiting task's body is a pickle, which could run any
# code, so only its header is read.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide checks by eye that no request is *started* or *imaging*. Failed ones stay *started*, which would block
#       every approval; *imaging* is a message, not a status.
#     - It locates failures by the state in parentheses. At this release, failed imaging shows `(pending)`.
#     - It does not mention stalled requests.
#
# Applies to Atmosphere v37. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`,
# `atmosphere/celery_router.py`, `ImageMaster.jsx` of Troposphere v36.
