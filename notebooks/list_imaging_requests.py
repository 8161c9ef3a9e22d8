# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # List imaging requests
#
# You see which open imaging requests are running, stalled, failed or waiting for approval.

# %% [markdown]
# ## When to use
#
# Before an approval, when a user asks, or when imaging seems to stand still.
#
# **Not for** [one failed request](triage_imaging_request.py) or [approving](approve_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.
# - [ ] `RUNBOOK_BROKER_URL`, to locate each request's task. Without it, a stalled request appears as *in-flight*.

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
# - *in-flight*: it probably runs. *task* is *active* (running), *reserved* (fetched by a worker), *scheduled* (for
#   later) or *2 of 3 waiting* (in the queue). *no task of it was found* and *unknown* prove nothing: inspect again
#   after some minutes.
# - *stalled*: no error, but nothing works on it. *proved empty*: no worker and no queue has its task, and its status
#   was the same afterwards. The cause is a killed worker or missing credentials.
# - *its message is NULL*: the start failed.
# - *errored*: it failed, and kept its status. *meaning* explains the error; ignore the state in parentheses.
# - *waiting*: someone must approve or deny it. *meaning* is where an approval would resume.
# - *submitted*, *age*: the approval's time is not recorded.
# - *provider* is the instance's; *to 4* is the image's, if different.
# - *(ended)*: the instance is gone and can't be imaged.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `RUNBOOK_BROKER_URL is not set` under *Missing* | stalled requests can't be recognized | set it, or check [Flower](../tools/flower.md) |
# | *in-flight* for hours, *no task of it was found* | its worker is busy or unresponsive | [Restart the imaging workers](restart_imaging_workers.py) shows which |
# | a request is missing | it is completed, denied or closed | check it under Admin > Imaging Requests |
# | *waiting*, but the web interface shows `(ERROR)` | it was resubmitted; the message stays until it starts | approve it |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# The validation of [the chain](../concepts/imaging-request-life.md#chain) also waits in `fast_deploy`. Production has
# one imaging process, so others wait as *started*.
#
# [In flight](../tools/imaging-queue.md#requests-in-flight) is as in the web interface. Tasks are recognized by the
# UUID of the instance or uploaded image in their arguments. The body of a waiting task is not read: it is a pickle,
# which could run any code.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide checks by eye that no request is *started* or *imaging*. Failed ones stay *started*, which would
#       block every approval; *imaging* is a message, not a status.
#     - It locates failures by the state in parentheses. At this release, failed imaging shows `(pending)`.
#     - It does not mention stalled requests.
#
# For Atmosphere v37. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`,
# `atmosphere/celery_router.py`, `ImageMaster.jsx` of Troposphere v36.
