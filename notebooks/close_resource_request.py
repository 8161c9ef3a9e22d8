# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Deny or close a resource request
#
# A resource request is denied or closed, and has an end date.

# %% [markdown]
# ## When to use
#
# **Deny** a pending request: the user gets an email. **Close** one that needs no answer because it is granted,
# duplicate or withdrawn.
#
# **Not for** [approving it](approve_resource_request.py) or [imaging requests](close_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] To deny: `RUNBOOK_API_URL` is set and no maintenance is active. Otherwise write to the user.
# - [ ] To deny: `message` has the reason for the user. The email contains it.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
request_id: int = 0  # Required. The resource request.
decision: str = ""  # Required. denied rejects the request and sends the user an email; closed removes it from the list without an email. One of: denied, closed.
message: str = ""  # The reason that the user reads in the email of a denial; required for denied.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("close_resource_request", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Check the quoted request and, for a denial, the message to the user.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "A denial's email is irreversible"
#
#     Atmosphere sends it at once. Closing sends none.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# A closed request gets its old status back, without an end date. A denial through the API can't be undone.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no resource request` | a wrong id, perhaps an imaging request's | copy it from the page's address |
# | `is denied already, since` | a colleague decided it | nothing |
# | `message is missing` | a denial without a reason | set `message` |
# | `is approved, not pending` | the user has the approval's email | use `decision=closed` |
# | `HTTP 503` | a maintenance closes the API | wait, [stop it](stop_maintenance.py), or use an exempt user's token |
# | `HTTP 403` | the token's user is not staff | use a staff user's token |
# | `the status denied exists 2 times` | two rows of one name in `status_type`; upstream's lookup fails too | rename one, as the message says |
#
# Send: the request's id.

# %% [markdown]
# ## Background
#
# The web interface also requires a reason for a denial: the request's `admin_message`, which the email shows as
# *Reason*. The run's `reason` is only in the journal.
#
# Both decisions set the status and `end_date`. Only the API sends the email, so a denial uses it if configured.
# Closing writes to the database.
#
# Older releases left some decided requests without an end date: for them, the plan adds only that.
#
# !!! info "How this differs from the staff guide"
#
#     The guide omits denying and closing. The Django admin pages can't save a request: they call a removed method.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `api/v2/views/resource_request.py`,
# `core/models/{resource_request,status_type}.py`, `core/admin.py`,
# `core/templates/core/email/resource_request_denied.html`, `ResourceRequestView.jsx`.
