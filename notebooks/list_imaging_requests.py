# %% [markdown]
# # List imaging requests
#
# The open imaging requests are listed by what they really are: in flight, stalled, errored or waiting.

# %% [markdown]
# ## When to use
#
# Before you approve a request, when users ask where theirs is, or when imaging seems to stand still.
#
# **Not for** one failed request: [Triage an imaging request](triage_imaging_request.py). **Not for** approving:
# [Approve an imaging request](approve_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; a role that may only read is enough.
# - [ ] With `RUNBOOK_BROKER_URL`, where the task of each request is, and which are stalled. Without it a request that nobody
#   works on can't be told from one that runs.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
state: str = "all"  # Which of the open requests to list; all are counted in any case. One of: all, in-flight, waiting, errored, stalled.

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
# - *in-flight*: it runs, as far as is known. Under *task* stands where its task is: *active* is being worked on, *reserved*
#   is with the worker and not begun, *scheduled* waits for its moment, *2 of 3 waiting* is its place in the queue.
#   *No task of it was seen* and *not known* are no proof of anything: inspect again in some minutes.
# - *stalled*: its status says that it runs, its message tells of no error, and nothing works on it. It will not move by
#   itself. *Proved empty* means that every place where its task could be was looked into, and that the request was in the
#   same place afterwards. A killed worker, or a start that failed on missing credentials, leaves such a request.
# - *its message is NULL*: the start fails on that after it has set the status to *started*.
# - *errored*: it failed. The status stays what it was, so the status alone would count it for ever. *says* is what the text
#   of the error means; the state in parentheses in front of it misleads at this release.
# - *waiting*: somebody has to approve or deny it. *says* is where an approval would begin; after a re-submission that need
#   not be the beginning.
# - *submitted* and *age* are those of the submission. When a request was approved, the database does not know.
# - *provider* is the instance's; *to 4* behind it is where the image goes, if that is another one.
# - *(ended)* behind the instance: a snapshot of it can't be made any more.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `RUNBOOK_BROKER_URL is not set` under *Missing* | Celery is not asked, so nothing is called stalled | set it, or check [Flower](../tools/flower.md) |
# | a request is *in-flight* for hours with *no task of it was seen* | its worker does not answer, or does something else | [Restart the imaging workers](restart_imaging_workers.py) says what they do |
# | a request is missing | it is completed, denied or closed | check its image |
# | the web interface says `(ERROR)` and here it waits | it was re-submitted; the message stays until it starts | approve it |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# A request runs as a chain of tasks: the instance is prepared, imaged, and the image processed, all through the queue
# `imaging`; a validation, where the site has it, waits in `fast_deploy` too. The production layout has one worker with one
# process on `imaging`, so of several approved requests one is worked on and the others wait with the status *started*.
#
# In flight is what has the status *approved*, *started*, *processing* or *validating* and a message without `ERROR`,
# `Traceback` and `Exception`. That is how the web interface decides it too.
#
# The tasks are told apart by the instance's uuid or the uploaded image's among their arguments. Of a task that waits, only
# the header is read: its body is a pickle, which would run whatever its writer wanted. More:
# [The life of an imaging request](../concepts/imaging-request-life.md), [The imaging queue](../tools/imaging-queue.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide tells by eye that no request is *started* or *imaging*. Failed ones stay *started*, and *imaging* is a message
#       and no status; counted like that, nothing could ever be approved again.
#     - The guide reads the state in parentheses to tell where a request failed. At this release a failure of the imaging
#       itself says `(pending)`.
#     - The guide does not know requests that stall without an error.
#
# Holds for Atmosphere v37. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`, `atmosphere/celery_router.py`,
# `ImageMaster.jsx` of Troposphere v36.
