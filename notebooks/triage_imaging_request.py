# %% [markdown]
# # Triage an imaging request
#
# One imaging request is diagnosed from its message, Glance, Nova, the imaging queue, Flower and the logs, with the next step.

# %% [markdown]
# ## When to use
#
# Somebody waits for an image, Atmosphere has sent the mail *Atmosphere Imaging Task has encountered an exception*, or the web
# interface shows `(ERROR)` beside a request.
#
# **Not for** all requests at once: [List imaging requests](list_imaging_requests.py). **Not for** an instance that does not
# start: [Triage an instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The number of the request, from the address of its page under Admin > Imaging Requests.
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; a role that may only read is enough.
# - [ ] As many of `RUNBOOK_CLOUDS`, `RUNBOOK_BROKER_URL`, `RUNBOOK_FLOWER_URL` and `RUNBOOK_LOG_DIR` as you have. What is
#   not set is named under *Missing*.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("triage_imaging_request", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# | value | meaning |
# | --- | --- |
# | *status* | how far it came. A failure leaves it as it was: *started*, *processing* or *validating* may be dead |
# | *an approval resumes* | which step starts after *Re-Submit* and *Approve*; the message decides it |
# | *a worker works on it now* | a worker holds a task of this request |
# | *not empty: it may wait* | the worker has another request; one task runs at a time |
# | *it stands still* | workers and broker hold nothing: the run died without a word |
# | *no worker that answers* | the imaging worker does not run, or does not answer |
# | *image in Glance* | its status and visibility; *active* is a whole one |
# | *instance in Nova* | its state now. Without the instance nothing can be imaged from the beginning |
# | *nobody told* | the source is under *Missing*; it does not mean that there is none |
#
# - **WARNING: … is public in Glance**: every image is uploaded as public, and hidden only while it is processed. A private
#   request that died before that shows its image to everybody who can log in to the cloud.
# - *rule*: which known message was recognized. `(pending)` in front of an error means any step before the upload was done.
# - *Celery tasks* are those that Flower remembers since its own start. None is no proof that none ran.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no imaging request` | another number | take it from the address of the request's page |
# | `provider 4 has no cloud configured` | `RUNBOOK_CLOUDS` does not name it | add it, and inspect again |
# | `did not answer within` | a source is slow | inspect again; the rest of the answer holds |
# | `an error that no rule knows` | the text is new | send the message for support |
#
# Send: the *Message for support* above, with the lines that are missing filled in.

# %% [markdown]
# ## Background
#
# A run makes a snapshot, cleans and uploads it, writes Atmosphere's rows (*processing*), and tries the image out where
# validation is on (*validating*). When a step fails, Atmosphere keeps the status and writes
# `(STEP) - ERROR - EXCEPTION Exception:TRACEBACK` into the message. What stands in the parentheses is where an approval
# resumes. It is *pending* for every step up to the upload, so only the exception tells what happened.
#
# Three failures leave no message at all: the preparation of the snapshot, the start itself, and a worker that was killed.
# They look like a run, and only the queue tells them apart.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide sorts by `(imaging)`, `(processing)` and `(validating)`. Atmosphere has not written *imaging* since 2017.
#     - It does not say that the image of a failed private request is public.
#     - It takes an error at *validating* for a stale list of images. With validation on, a run from the beginning starts it
#       without an image; a run that resumes there is sound.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`,
# chromogenic 0.5.4.
