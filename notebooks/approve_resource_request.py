# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Approve a resource request
#
# A resource request is approved, and Atmosphere informs the user by email.

# %% [markdown]
# ## When to use
#
# A user asked for more quota or compute time **and now has it**.
#
# **Not for** granting a [quota](change_quota.py) or an [allocation](change_allocation.py), or [denying the
# request](close_resource_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] Quota and allocation are changed. Approval grants **nothing**.
# - [ ] `RUNBOOK_API_URL` is set and no maintenance is active. Only the API sends the email; otherwise write to the
#   user.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The resource request.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("approve_resource_request", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo, and **no email**. After `./manage.py shell` in
# `/opt/dev/atmosphere`:
#
# ```python
# from core.models import ResourceRequest, StatusType
# request = ResourceRequest.objects.get(id=18001, status__name="pending", end_date=None)
# request.status = StatusType.objects.get(name="approved")
# request.save(update_fields=["status"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Compare the quoted request with what you granted.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "The email is irreversible"
#
#     Atmosphere sends it at once.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Only the status is verified. `atmosphere_email.log` on Atmosphere's host shows the email.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Not possible through the API: after a mistake, write to the user. Without the API, the status is *pending* again.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no resource request` | a wrong id, perhaps an imaging request's | copy it from the page's address |
# | `is denied, and ended on` | a colleague denied or closed it | ask for a new request |
# | `HTTP 503` | a maintenance closes the API | wait, [stop it](stop_maintenance.py), or use an exempt user's token |
# | `HTTP 403` | the token's user is not staff | use a staff user's token |
# | `the status approved exists 2 times` | upstream's lookup in `status_type` fails too | rename one, as the message says |
# | `is pending in the database and … in Atmosphere's API` | the settings name two sites | correct them |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# [A request consists of a text and a status](../concepts/quota-and-allocation.md#resource-requests). An approved one
# stays on the list until you [close it](close_resource_request.py).
#
# Atmosphere creates statuses in `status_type` on first use. Nothing prevents duplicates.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-approval-grants-nothing"></span>The guide says that an approved request grants a larger
#       quota or allocation. It only sends an email.
#     - The guide's Django admin pages can't save a request: they call a removed method.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `api/v2/views/resource_request.py`,
# `core/models/{resource_request,status_type}.py`, `core/admin.py`.
