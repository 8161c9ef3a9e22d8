# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Triage an imaging request
#
# You see one imaging request in every system, a diagnosis, and the next step.

# %% [markdown]
# ## When to use
#
# Someone waits for an image, the email *Atmosphere Imaging Task has encountered an exception* arrived, or the web
# interface shows `(ERROR)`.
#
# **Not for** [all requests](list_imaging_requests.py) or [a stuck instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The request's number, from its page's address under Admin > Imaging Requests.
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.
# - [ ] Any of the optional systems. The others appear under *Missing*.

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
# | *status* | the last step that began, even of a failed or dead request |
# | *an approval resumes* | the first step after `Re-Submit` and `Approve` |
# | *a worker works on it now* | it runs |
# | *not empty: it might wait* | the worker has another request |
# | *it is stalled* | no worker and no queue has its task: it died without an error |
# | *no worker that responds* | the imaging worker is down or unresponsive |
# | *image in Glance* | its status and visibility. *active*: its data is complete |
# | *instance in Nova* | its current state. Imaging from the beginning requires the instance |
# | *no response* | unknown: the reason is under *Missing* |
#
# - **WARNING: … is public in Glance**: images are uploaded as public, and hidden during processing. A private request
#   died before that: hide its image first, with the command in *Next*.
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
# In [an error](../concepts/imaging-request-life.md#errors), the step in parentheses is where an approval resumes, so
# only the exception shows what happened.
#
# Failed preparations, failed starts and killed workers leave no message, so only the queue shows them.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide sorts by `(imaging)`, `(processing)` and `(validating)`. Atmosphere stopped writing *imaging* in
#       2017.
#     - It omits that the image of a failed private request is public.
#     - It attributes errors at *validating* to an outdated image list. With validation on, requests that run from the
#       beginning validate without an image; resumed ones validate theirs.
#
# For Atmosphere v37, Troposphere v36. Sources: `service/tasks/machine.py`, `core/models/machine_request.py`,
# chromogenic 0.5.4.
