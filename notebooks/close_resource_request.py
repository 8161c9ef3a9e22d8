# %% [markdown]
# # Deny or close a resource request
#
# A resource request is denied or closed, and ended.

# %% [markdown]
# ## When to use
#
# **Deny** a request that waits and is not granted: the user is told by e-mail. **Close** one that needs no answer (any
# more): granted long ago, sent twice, withdrawn.
#
# **Not for** saying yes: [Approve a resource request](approve_resource_request.py).
# **Not for** imaging requests: [Deny or close an imaging request](close_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The request's id: the number in the address of its page, `/application/admin/resource-requests/ID`.
# - [ ] To deny: `RUNBOOK_API_URL` is set and no maintenance is active, or you write to the user yourself.
# - [ ] To deny with a reason: write it to the user; the e-mail says what stands in the request's *response* only.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The resource request.
decision: str = ""  # Required. Denied says no to the user, by e-mail; closed takes the request off the list and tells nobody. One of: denied, closed.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("close_resource_request", globals())

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
# !!! warning "A denial is sent at once"
#
#     Its e-mail can't be taken back. Closing sends none.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The status is read again: of a denial through the API, of anything else on a fresh connection to the database.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# A closed request gets back its status and has no end any more. A denial that went through the API can't be taken back:
# the user has the e-mail.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no resource request` | the id is that of an imaging request, or mistyped | take it from the address of its page |
# | `is denied already, since` | it is decided, and off the list | leave it as it is |
# | `is approved, not pending` | the user was told yes | close it instead |
# | `HTTP 503` | a maintenance is active; the API is closed to staff too | wait, [stop it](stop_maintenance.py), or use the token of a user in `MAINTENANCE_EXEMPT_USERNAMES` |
# | `HTTP 403` | the token's user is not staff | use a staff user's token |
# | `the status denied exists 2 times` | two rows of one name in `status_type`; upstream's own look-up fails on them too | rename all but one, as the message says |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# Both decisions set the status and `end_date`; a denial sends an e-mail besides. Only Atmosphere can send that, so a
# denial goes through its API where that is configured. Closing writes the same two columns that the API would write, and
# goes to the database, so that it can be taken back.
#
# A request that has its decision and no end, as older releases left them, gets the end alone.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide tells how to approve, and leaves denying and closing out.
#     - On the Django admin pages a resource request can't be saved: they call a method that was removed.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `api/v2/views/resource_request.py`, `core/models/resource_request.py`,
# `core/models/status_type.py`, `core/admin.py`.
