# %% [markdown]
# # Approve an imaging request
#
# Atmosphere images the instance of one pending request, while no other request is imaged.

# %% [markdown]
# ## When to use
#
# A user has asked for an image, the request is *pending*, and you have read it and agree. The same for a request that
# failed and was [re-submitted](resubmit_imaging_request.py).
#
# **Not for** saying no: [Deny or close an imaging request](close_imaging_request.py). **Not for** a request that carries an
# error: mend its cause and re-submit it first.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_API_URL` and `RUNBOOK_API_TOKEN`: only Atmosphere's API can start imaging. The token's user is staff.
# - [ ] `RUNBOOK_BROKER_URL`: the queue `imaging` is looked at, and must be *proved* idle.
# - [ ] No maintenance is active, or the token's user is in `MAINTENANCE_EXEMPT_USERNAMES`: the API keeps out staff too.
#   In practice mode, three maintenances are active, and the token is that of `staffmember`, who is exempt.
# - [ ] The owner knows that the instance must not be deleted until the image is there.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.
despite_in_flight: str = ""  # Optional. Requests that look as if they ran, each of which you have found to be stalled; all of them, no other. Example: 16504,16505,16506,16507,16508,16509
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("approve_imaging_request", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# If other requests look as if they were in flight, the plan is refused and lists them. Look
# for each in Flower: what a task works on runs, and you wait. What no task works on is stalled: its worker was killed, or
# its start failed without a word. Name every stalled one in `despite_in_flight`; it is your word that counts there.
#
# In practice mode, six requests are in flight and no task works on them. So the example names them all.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! danger "What is started can't be stopped from here"
#
#     There is no undo. Two imagings at once interleave their steps on one host.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The request is read back through the API: *started* means that it runs or has ended well. Then check again after 15
# to 20 minutes: an image of 10 GB takes 20 to 40. An error leaves the status as it is and stands in the Status Message.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# There is none: a started chain of tasks can't be called back. The image that it makes can be end-dated afterwards.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `at most one imaging request may be in flight` | others are approved, started, processing or validating, without an error | wait for those that run; name those that are stalled |
# | `the queue is not proved idle` | a task is held somewhere, or nobody answers; a queue of length 0 proves nothing | wait; if nobody consumes `imaging`, [restart the imaging workers](restart_imaging_workers.py) |
# | `is started, not pending` | it was approved already | follow it in Flower; if no task works on it, [re-submit](resubmit_imaging_request.py), then approve |
# | `it failed: its message holds the error` | an earlier approval | mend the cause, re-submit, approve |
# | `closed for maintenance (HTTP 503` | the API keeps out staff too | stop the maintenance, or use the token of an exempt user |
# | `the status approved exists 2 times` | two rows have one name | rename one under `/admin/core/statustype` |
# | `provider 4 has no credential region_name` | the start would fail without a word | add it under `/admin/core/providercredential` |
# | exit 5, `is now 'started'; whether a task was queued is not known` | the start failed half-way: the status was changed, then an error came (HTTP 400) | check Flower for a task of this request; if there is none, re-submit, mend the cause, approve |
#
# Send: the id of the request, the Status Message, the id and IP address of the instance, the user name.

# %% [markdown]
# ## Background
#
# *Approve* sends `PATCH /api/v2/machine_requests/ID` with the status as a bare key. The API then starts the chain of tasks
# itself, so a status that is written into the database starts nothing. The API checks neither that the request was
# pending nor that no other one runs: approved twice, a request is imaged twice. So this page checks both.
#
# In flight are the requests that are *approved*, *started*, *processing* or *validating* and whose message has none of
# `ERROR`, `Traceback`, `Exception`. An error keeps the status, so the status alone would count a failed request for ever.
# A request whose worker was killed, or whose start failed, has no error either; that is what the queue and your eyes are
# for. The queue counts as idle only when every worker of it answered, and neither they nor the broker hold a task.
#
# A `400` can come after the status was changed: for a message that is NULL, for missing credentials of a provider, or for
# two rows of the status *started*. So the request is read back whatever the answer was, and a start that may have queued
# nothing is reported as half done.
#
# An approval resumes where an error was; [Re-submit an imaging request](resubmit_imaging_request.py) has the table.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-one-at-a-time"></span>The guide allows one request "in started or imaging". The state *imaging* does not exist any more, and failed
#       requests stay *started*; counted so, nothing could be approved after the first error.
#     - Nothing in Atmosphere enforces one at a time; in production one worker images one *task* at a time, but the steps of
#       two approved requests interleave.
#     - The text that one writes as a *Response* is dropped by the API. Write to the user.
#     - <span id="differs-imaging-requests-tab"></span>The guide's *Select Machine Requests* is a tab called **Imaging Requests**; its steps for a pending request were never
#       finished.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `api/v2/views/base.py`, `api/v2/views/machine_request.py`,
# `service/tasks/machine.py`, `core/models/machine_request.py`, `atmosphere/celery_router.py`; `ImageRequestActions.js` of
# Troposphere.
