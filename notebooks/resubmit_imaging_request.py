# %% [markdown]
# # Re-submit an imaging request
#
# An imaging request that failed or was denied is pending again and can be approved.

# %% [markdown]
# ## When to use
#
# The request shows *(ERROR)* under Admin > Imaging Requests, and the cause is mended. Or a worker was killed and the
# request has stood at *started* ever since.
#
# **Not for** starting it: re-submitting starts nothing, approving does.
# **Not for** an error in the image itself, such as a missing cloud-init: it would fail in the same way again.

# %% [markdown]
# ## Before you start
#
# - [ ] The request's id: the number in the address of its page, `/application/admin/imaging-requests/ID`.
# - [ ] You have read its Status Message to the end, and the cause is mended.
# - [ ] The instance still exists, unless the plan says that imaging is skipped.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("resubmit_imaging_request", globals())

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. No plan, no record, no undo, and no word about what is in flight.
# After `./manage.py shell` in `/opt/dev/atmosphere`:
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
# Read the notes below the plan: where the request would resume, and which others are in
# flight.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "At most one request may be in flight"
#
#     Approve it only when nothing else is imaged. Two imaging tasks at once can damage file systems on the host.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The old status comes back, unless the request was approved in between: then its status has moved on, and the undo is
# refused.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is completed` | the image was made; approving again would make another one | let the owner submit a new request |
# | `is closed` | Re-Submit is not offered for a closed request | let the owner submit a new request |
# | `the status pending exists 2 times in status_type` | two rows have one name, and Atmosphere's own lookup fails on them too | rename one under `/admin/core/statustype` |
# | `it resumes nowhere: its message is NULL` | the start fails on a message that is NULL, after it has set *started* | set the message to `pending` under `/admin` before approving |
# | it fails again with the same message | the cause is still there | read the message; for `NoneType` errors see the Background |
#
# The owner must not delete the instance until the request is completed.
#
# Send: the traceback of the Status Message, the id and IP address of the instance, the user name, what is special about
# this request.

# %% [markdown]
# ## Background
#
# The status says how far a request came, and an error leaves it as it was: *started*, *processing* or *validating*. The
# error itself is in the Status Message, `old_status`. An approval reads from it where to resume: if the word *exception*
# occurs, the text between the first `(` and the first `)` counts.
#
# | between the parentheses | an approval starts |
# | --- | --- |
# | `processing - UUID` | with processing; the uploaded image is kept, imaging is skipped |
# | `validating` | with validation |
# | anything else, such as `pending` or `imaging` | from the beginning, with a new snapshot |
#
# In flight are the requests that are *approved*, *started*, *processing* or *validating* and whose message has none of
# `ERROR`, `Traceback`, `Exception`. A request whose worker was killed looks the same; only Flower can tell.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-resume"></span>Re-submitting does not start from scratch: the guide leaves out that an approval resumes where the error was.
#     - The guide looks for `(imaging)` in the message. Atmosphere v37 writes `(pending)` for an error during imaging.
#     - The guide calls the `NoneType` error a cache problem. With `ENABLE_IMAGE_VALIDATION` on, a request that starts from
#       the beginning validates an image that does not exist yet; no restart mends that.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/models/machine_request.py`, `service/tasks/machine.py`,
# `api/v2/views/machine_request.py`, and `ImageRequest.jsx` of Troposphere.
