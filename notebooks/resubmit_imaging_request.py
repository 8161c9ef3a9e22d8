# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Resubmit an imaging request
#
# A failed or denied imaging request is pending again and can be approved.

# %% [markdown]
# ## When to use
#
# The cause of an *(ERROR)* under Admin > Imaging Requests is fixed. Or a request
# [stalled](../tools/failed-imaging-request.md#stalled-requests) at *started*.
#
# **Not for** starting it: only [approval](approve_imaging_request.py) does. **Not for** an error in the image itself,
# such as a missing cloud-init: it would fail again.

# %% [markdown]
# ## Before you start
#
# - [ ] You have read the Status Message to its end and [fixed the cause](../tools/failed-imaging-request.md).
# - [ ] The instance exists, unless the plan skips imaging, and its owner keeps it. If it has changed, delete the
#   [leftovers](../tools/failed-imaging-request.md#leftovers), or the next run images the old state.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("resubmit_imaging_request", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record, undo or check of requests in flight. After `./manage.py shell`
# in `/opt/dev/atmosphere`:
#
# ```python
# from core.models import MachineRequest
# from core.models.status_type import StatusType
# request = MachineRequest.objects.get(id=16519)
# print(request.status.name, request.old_status)
# request.status = StatusType.objects.get(name="pending")
# request.save(update_fields=["status"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The notes show where the request resumes, and the requests in flight, which do not prevent this.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "At most one request may be in flight"
#
#     Two at once can damage file systems on the host.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The old status is restored. After an approval, undo refuses.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is completed` | the image exists; without a machine, it is allowed | ask the owner for a new request |
# | `is closed` | the web interface does not offer Re-Submit either | ask the owner for a new request |
# | `the status pending exists 2 times in status_type` | two rows have one name | rename one in the Django shell |
# | `its message is NULL` | an approval would stall | set it to `pending` under `/admin`, then approve |
# | the same error returns | the cause remains | read the message; for `NoneType`, see [its entry](../tools/failed-imaging-request.md#nonetype-serverref) |
#
# Send: the traceback of the Status Message, the instance's id and IP address, the user name, what is special about
# this request.

# %% [markdown]
# ## Background
#
# An error keeps the status and replaces the Status Message, `old_status`. If the message contains *exception*, the
# text between its first `(` and first `)` [decides where an approval
# resumes](../concepts/imaging-request-life.md#errors).
#
# At `validating` without a machine, a run stalls, or, with validation off, completes without an image.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-resume"></span>The guide says that imaging restarts. An approval resumes at the error, with
#       leftovers of the last run.
#     - The guide looks for `(imaging)` and calls `NoneType` a cache problem. Both are [wrong in
#       v37](../tools/failed-imaging-request.md#differs-cache-problem).
#
# For Atmosphere v37, Troposphere v36. Sources: `core/models/machine_request.py`, `service/tasks/machine.py:184-214`,
# `api/v2/views/machine_request.py`, and `ImageRequest.jsx` of Troposphere.
