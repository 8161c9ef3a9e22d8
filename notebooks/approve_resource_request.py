# %% [markdown]
# # Approve a resource request
#
# A resource request is approved, and the user is told so by e-mail.

# %% [markdown]
# ## When to use
#
# A user asked for more quota or compute time, **and has been given it**: this step tells them.
#
# **Not for** giving anything: that is [the quota](change_quota.py) and [the allocation](change_allocation.py).
# **Not for** saying no: [Deny or close a resource request](close_resource_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The request's id: the number in the address of its page, `/application/admin/resource-requests/ID`.
# - [ ] Quota and allocation are changed already. Approving grants **nothing**.
# - [ ] `RUNBOOK_API_URL` is set and no maintenance is active, or you write to the user yourself: only Atmosphere sends the
#   e-mail.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The resource request.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("approve_resource_request", globals())

# %% [markdown] tags=["repl"]
# ## In Atmosphere's own shell
#
# For sites where nothing may connect from outside. No plan, no record, and **no e-mail**: write to the user yourself.
# After `./manage.py shell` in `/opt/dev/atmosphere`:
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
# The notes have the user's own words: check that this is the request you mean.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "The e-mail can't be taken back"
#
#     It is sent at once. Change quota and allocation first.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The status is asked for again. That the e-mail left is not known here: `atmosphere_email.log` on Atmosphere's host tells.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Through the API nothing can be taken back: the user has the e-mail. Without it only the status was written, and that goes
# back to pending.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no resource request` | the id is that of an imaging request, or mistyped | take it from the address of its page |
# | `is denied, and ended on` | it was decided before, and the user was told | ask them for a new request |
# | `HTTP 503` | a maintenance is active; the API is closed to staff too | wait, [stop it](stop_maintenance.py), or use the token of a user in `MAINTENANCE_EXEMPT_USERNAMES` |
# | `HTTP 403` | the token's user is not staff | use a staff user's token |
# | `the status approved exists 2 times` | two rows of one name in `status_type`; upstream's own look-up fails on them too | rename all but one, as the message says |
# | `is pending in the database and … in Atmosphere's API` | the settings name two different sites | correct them |
# | approved, and the user has nothing more | approving grants nothing | [quota](change_quota.py), [allocation](change_allocation.py) |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# A resource request is a text and a status. In the web interface, too, quota and allocation are saved by links of their
# own; the button *Approve* sets the status, for which Atmosphere sends the e-mail. An approved request has no end:
# [close it](close_resource_request.py) when it is to leave the list.
#
# The names of statuses are rows of `status_type`, which Atmosphere makes when one is first needed. Nothing keeps a name
# from being there twice; then it is refused here, because nobody knows which one is meant.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-approval-grants-nothing"></span>The guide says that an approved request grants a larger quota or allocation. It sends an e-mail and grants nothing.
#     - The guide goes through the Django admin pages where there is no request. Those of a resource request fail when they
#       are saved: they call a method that was removed.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `api/v2/views/resource_request.py`, `core/models/resource_request.py`,
# `core/models/status_type.py`, `core/admin.py`.
