# %% [markdown]
# # Triage an imaging request
#
# You see one imaging request in every system, a diagnosis, and the next step.

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
# - [ ] Any of `RUNBOOK_CLOUDS`, `RUNBOOK_BROKER_URL`, `RUNBOOK_FLOWER_URL` and `RUNBOOK_LOG_DIR`. The others appear
#   under *Missing*.

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
# | *status* | the last step that began. A failed or dead request keeps it |
# | *an approval resumes* | the first step after `Re-Submit` and `Approve` |
# | *a worker works on it now* | it runs |
# | *not empty: it might wait* | the worker has another request; tasks run one at a time |
# | *it is stalled* | no worker and no queue has its task: it died without an error |
# | *no worker that responds* | the imaging worker is down or unresponsive |
# | *image in Glance* | its status and visibility. *active*: its data is complete |
# | *instance in Nova* | its current state. Imaging from the beginning requires the instance |
# | *no response* | unknown: the reason is under *Missing* |
#
# - **WARNING: … is public in Glance**: images are uploaded as public, and hidden during processing. If a private
#   request died before that, everyone on that cloud sees its image. Hide it first: *Next* has the command.
# - *rule* is the recognized message. `(pending)` before an error means any step up to the upload.
# - *Celery tasks* are the tasks since Flower's start. An empty list proves nothing.

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
# Imaging takes a snapshot, cleans it and uploads it, writes Atmosphere's rows (*processing*), and tries the image if
# validation is on (*validating*). [A failure](../concepts/imaging-request-life.md#errors) writes
# `(STEP) - ERROR - EXCEPTION Exception:TRACEBACK`. An approval resumes at STEP, so only the exception shows what
# happened.
#
# Failed preparations, failed starts and killed workers leave no message. Only the queue distinguishes them from a
# running request.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide sorts by `(imaging)`, `(processing)` and `(validating)`. Atmosphere stopped writing *imaging* in 2017.
#     - It omits that the image of a failed private request is public.
#     - It attributes errors at *validating* to an outdated image list. With validation on, requests that run from the
#       beginning validate without an image; resumed ones validate theirs.
#
# Applies to Atmosphere v37 and Troposphere v36. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`,
# chromogenic 0.5.4.
