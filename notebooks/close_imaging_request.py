# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Deny or close an imaging request
#
# An imaging request is denied or closed and leaves the list of active ones.

# %% [markdown]
# ## When to use
#
# **Deny** a pending request. **Close** a request that nobody needs, in any status.
#
# **Not for** stopping a running request: its next step overwrites the status. **Not for** [repeating
# it](resubmit_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The owner knows the reason: Atmosphere sends no email and discards the *Response* field.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The imaging request.
decision: str = ""  # Required. denied rejects a pending request; closed removes a request in any status from the list. One of: denied, closed.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("close_imaging_request", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo. To close the request, use `closed` instead of
# `denied`. After `./manage.py shell` in `/opt/dev/atmosphere`:
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
# One column of one row changes. The notes list what stays behind.

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
# The old status is restored.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is started, not pending` | you can deny only pending requests | use `decision=closed` |
# | `is completed` | the image exists | leave the request; to hide the image, end-date it |
# | `there is no status denied` | the site never denied a request; Troposphere's button fails too | add it in the Django shell, as the message says |
# | the status is *processing* again | the request was still running | close it after it ends |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# Nothing in Atmosphere acts on either status, and neither sets `end_date`; only a withdrawal by the owner does.
# Denied, closed and completed requests leave the list 7 days after submission.
#
# An uploaded image stays in Glance, public until Atmosphere processes it, so a private request that failed in
# *processing* leaves a public image.
#
# !!! info "How this differs from the staff guide"
#
#     The guide has no steps for this.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `api/v2/views/machine_request.py`,
# `api/v2/serializers/details/machine_request.py`, and `ImageRequest.jsx` of Troposphere.
