# %% [markdown]
# # Deny or close an imaging request
#
# An imaging request is denied or closed and leaves the list of active ones.

# %% [markdown]
# ## When to use
#
# **Deny** a request that waits and shall not be done. **Close** one that nobody needs any more, whatever its status, such
# as one that failed and will not be tried again.
#
# **Not for** stopping a request that runs: closing stops nothing, and its next step overwrites the status.
# **Not for** trying it again: [Re-submit an imaging request](resubmit_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The request's id: the number in the address of its page, `/application/admin/imaging-requests/ID`.
# - [ ] The owner knows why. No mail is sent, and the *Response* field of the web interface is thrown away.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.
decision: str = ""  # Required. Denied says no to a request that waits; closed takes any request off the list. One of: denied, closed.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("close_imaging_request", globals())

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. No plan, no record, no undo. After `./manage.py shell` in
# `/opt/dev/atmosphere`; write `closed` instead of `denied` to close it:
#
# ```python
# from core.models import MachineRequest
# from core.models.status_type import StatusType
# request = MachineRequest.objects.get(id=16501)
# request.status = StatusType.objects.get(name="denied")
# request.save(update_fields=["status"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# One column of one row changes; the notes name what is left behind.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The old status comes back.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is started, not pending` | only a request that waits can be denied | close it: `decision=closed` |
# | `is completed` | the image was made | leave the request; end-date the image if it shall go |
# | `there is no status denied in the atmosphere database` | no request was ever denied here; the web interface's button fails on it too | add the status under `/admin/core/statustype` |
# | the status is *processing* again afterwards | the request ran, and its next step wrote its own status | let it end, then close it |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# Nothing in Atmosphere acts on the two statuses, so writing the row is the same as pressing the button. Neither sets
# `end_date`: only an owner who withdraws a request does. A request that is neither closed, completed nor denied stays
# on the list of active ones; the others leave it 7 days after they were submitted.
#
# An image that the request has uploaded stays in Glance. Atmosphere uploads every image as public and makes it shared
# only while it processes it, so a private request that failed in *processing* has left a public image behind.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has no steps for denying or closing.
#     - The web interface's *Response* is read-only on the server: what is typed there reaches nobody.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `api/v2/views/machine_request.py`,
# `api/v2/serializers/details/machine_request.py`, and `ImageRequest.jsx` of Troposphere.
