# %% [markdown]
# # Triage an imaging request
#
# You have a diagnosis of one imaging request from every system, and the next step.

# %% [markdown]
# ## When to use
#
# Someone waits for an image, Atmosphere sent the email *Atmosphere Imaging Task has encountered an exception*, or the
# web interface shows `(ERROR)`.
#
# **Not for** all requests: [List imaging requests](list_imaging_requests.py). **Not for** a stuck instance: [Triage an
# instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The request's number, from its page's address under Admin > Imaging Requests.
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.
# - [ ] Any of `RUNBOOK_CLOUDS`, `RUNBOOK_BROKER_URL`, `RUNBOOK_FLOWER_URL` and `RUNBOOK_LOG_DIR`. Others appear under
#   *Missing*.

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
# | *status* | its progress, kept after failures: it can be dead |
# | *an approval resumes* | the first step after `Re-Submit` and `Approve` |
# | *a worker works on it now* | a worker holds its task |
# | *not empty: it might wait* | the worker has another request; tasks run one at a time |
# | *it is stalled* | workers and broker hold nothing: it died silently |
# | *no worker that responds* | the imaging worker is down or unresponsive |
# | *image in Glance* | status and visibility; *active* is complete |
# | *instance in Nova* | its current state. Imaging from the beginning requires it |
# | *no response* | unknown: see the source under *Missing* |
#
# - **WARNING: … is public in Glance**: images are uploaded as public, and hidden during processing. If a private
#   request died earlier, everyone on that cloud sees its image.
# - *rule* is the recognized message. `(pending)` before an error means any step up to the upload.
# - *Celery tasks* are those since Flower's start. An empty list proves nothing.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no imaging request` | a wrong number | copy it from the page's address |
# | `has no cloud configured` | not in `RUNBOOK_CLOUDS` | add it, inspect again |
# | `did not respond within` | a slow source | inspect again; the rest is valid |
# | `an error that no rule knows` | a new text | send the message for support |
#
# Send: the *Message for support* above, completed.

# %% [markdown]
# ## Background
#
# A run snapshots, cleans and uploads, writes Atmosphere's rows (*processing*), and tries the image if validation is on
# (*validating*). [A failure](../concepts/imaging-request-life.md#errors) writes
# `(STEP) - ERROR - EXCEPTION Exception:TRACEBACK`. An approval resumes at STEP, so only the exception shows what
# happened.
#
# Failed preparations, failed starts and killed workers leave no message. They look like a run; only the queue reveals
# them.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide sorts by `(imaging)`, `(processing)` and `(validating)`. Atmosphere stopped writing *imaging* in 2017.
#     - It omits that a failed private request's image is public.
#     - It blames errors at *validating* on a stale image list. With validation on, runs from the beginning validate
#       without an image; resumed ones are sound.
#
# Applies to Atmosphere v37 and Troposphere v36. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`,
# chromogenic 0.5.4.
