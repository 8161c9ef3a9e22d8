# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Approve an imaging request
#
# Atmosphere makes an image for one pending request, while no other imaging runs.

# %% [markdown]
# ## When to use
#
# You agree with a *pending* request, new or [resubmitted](resubmit_imaging_request.py).
#
# **Not for** [denying it](close_imaging_request.py). **Not for** a request with an error: [fix and
# resubmit](../tools/failed-imaging-request.md) it first.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN` are those of a staff user. Only the API can start imaging.
# - [ ] No maintenance is active, or that user is in `MAINTENANCE_EXEMPT_USERNAMES`.
# - [ ] The owner knows not to delete the instance until the image exists.
# - [ ] If an earlier run failed and the instance changed afterwards, delete its
#   [leftovers](../tools/failed-imaging-request.md#leftovers).

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.
despite_in_flight: str = ""  # Optional. The stalled requests that the database shows as in flight. Check each first, and name all of them, no others. Example: 16504,16505,16506,16507,16508,16509
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("approve_imaging_request", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# A refusal lists the requests in flight. Check each in [Flower](../tools/flower.md). Wait while any has a running
# task. Those without a task are stalled: name them all in `despite_in_flight`.
#
# In practice mode, six are stalled: add the `despite_in_flight` of the refusal.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! danger "Irreversible"
#
#     The runbook cannot stop a started request.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Only the start is verified. Check the Status Message after 15 to 20 minutes, as an error keeps the status. Imaging
# takes 20 to 40 minutes per 10 GB.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Not possible. You can end-date the image afterwards.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `at most one imaging request can be in flight` | others are in flight without an error | wait for running ones, name stalled ones |
# | `the queue is not proved idle` | a task is held, or no worker responds | wait; without a worker, [restart the imaging workers](restart_imaging_workers.py) |
# | `is started, not pending` | a colleague approved it | follow it in Flower; without a task, [resubmit](resubmit_imaging_request.py), then approve |
# | `the imaging failed, and its message holds the error` | an earlier approval failed | fix the cause, resubmit, approve |
# | `closed for maintenance (HTTP 503` | the API rejects staff too | [stop it](stop_maintenance.py), or use an exempt user's token |
# | `the status approved exists 2 times` | two rows have one name | rename one in the Django shell |
# | `has no credential`, `has no identity` | the start would fail silently | add it where the message says |
# | `has no machine to validate` | the image was not recorded | set `old_status`, as the message says |
# | exit 5, `whether a task was queued` | the start failed partway (HTTP 400) | if Flower has no task of it, fix the cause, resubmit, approve |
#
# Send: the request's id, the Status Message, the instance's id and IP address, the user name.

# %% [markdown]
# ## Background
#
# Like the button *Approve*, this sends `PATCH /api/v2/machine_requests/ID` with the status as a bare key. [The API
# starts the tasks](../concepts/imaging-request-life.md#approval) and would image a request twice.
#
# A stalled request looks [in flight](../tools/imaging-queue.md#requests-in-flight), so the queue must be
# [idle](../tools/imaging-queue.md#idle-check) too.
#
# A `400` can follow the status change: NULL message, missing credentials, two rows of the status *started*. So the
# request is read again after any response. The plan checks credentials, also `ex_tenant_name` or `ex_project_name` of
# the instance's identity, and the machine at `validating`.
#
# [The message decides where a run resumes](../concepts/imaging-request-life.md#errors). A run at `processing`
# rewrites the application's name, description, owner and privacy.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-one-at-a-time"></span>The guide allows one request "in started or imaging". *imaging* no
#       longer exists, and failed requests stay *started*: after one error, nothing could be approved.
#     - Atmosphere enforces no limit. One worker runs one *task* at a time, so the steps of two requests interleave.
#     - <span id="differs-imaging-requests-tab"></span>The guide's *Select Machine Requests* is the tab **Imaging
#       Requests**. Its steps for a pending request are unfinished.
#
# For Atmosphere v37, Troposphere v36. Sources: `api/v2/views/{base,machine_request}.py`, `service/tasks/machine.py`,
# `core/models/machine_request.py:277-351`, `core/models/application.py:462-468`, `atmosphere/celery_router.py`;
# `ImageRequestActions.js` of Troposphere.
