# %% [markdown]
# # Revoke staff access
#
# A user is neither staff nor superuser any more, on Atmosphere, on Troposphere, or on both.

# %% [markdown]
# ## When to use
#
# Somebody leaves the team or changes to another one, or an account may be in wrong hands.
#
# **Not for** disabling the account: a user without staff access still logs in and runs instances.
# **Not for** giving access: [Grant staff access](grant_staff.py).

# %% [markdown]
# ## Before you start
#
# - [ ] Know the exact user name: upper and lower case count.
# - [ ] Another superuser stays on each site. The last one is refused here.
# - [ ] If the account may be in wrong hands, its tokens and its OpenStack credentials need ending as well; this does not.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.
site: str = "both"  # Where to take it. One of: both, atmosphere, troposphere.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("revoke_staff", globals())

# %% [markdown] tags=["repl"]
# ## In the sites' own shells
#
# For sites where nothing may connect from outside. No plan, no record, no undo; and nothing stops you from removing the
# last superuser, so count them first. The sites' own hooks add what belongs to a saved user: the profile on Atmosphere,
# the preferences on Troposphere.
#
# Atmosphere, after `./manage.py shell` in `/opt/dev/atmosphere`:
#
# ```python
# from core.models import AtmosphereUser
# others = AtmosphereUser.objects.filter(is_superuser=True, is_active=True, end_date=None)
# assert others.exclude(username="staffmember").exists()
# user = AtmosphereUser.objects.get(username="staffmember")
# user.is_staff = False
# user.is_superuser = False
# user.save(update_fields=["is_staff", "is_superuser"])
# ```
#
# Troposphere, after `./manage.py shell` in `/opt/dev/troposphere`:
#
# ```python
# from troposphere.models import TroposphereUser
# others = TroposphereUser.objects.filter(is_superuser=True, is_active=True, end_date=None)
# assert others.exclude(username="staffmember").exists()
# user = TroposphereUser.objects.get(username="staffmember")
# user.is_staff = False
# user.is_superuser = False
# user.save(update_fields=["is_staff", "is_superuser"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# The flags are read anew at every request, so they end at once; no session has to be closed for that.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Everything goes back to what it was.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is the last superuser of Atmosphere` | nobody else could manage the site afterwards | [make somebody else a superuser](grant_staff.py) first |
# | `is_superuser was true when the plan was made and is false now` | the superuser who was to stay is being removed at the same time | plan again; it is refused if nobody is left |
# | `there is no user 'x' in the atmosphere database` | the name is spelt another way | check Admin > Manage Users |
# | `has 2 rows in api_userpreferences` | a double row; Troposphere's own save fails on it too | delete all but one under `/tropo-admin` |
# | exit 5, `applied only in part` | Atmosphere was committed, then Troposphere was lost | run it again: it completes what is missing |
#
# Send: the user name.

# %% [markdown]
# ## Background
#
# A superuser counts as staying only if the account can act: `is_active`, and no `end_date`. That account's row is locked
# and compared again when the plan is applied, so two people cannot remove each other at the same moment.
#
# An account that exists on one site only is taken care of there, and the plan says so: an urgent removal must not wait
# for a row that was never made.
#
# !!! info "How this differs from the staff guide"
#
#     The guide has no procedure for taking access away. In the web interface, the switches under Admin > Manage Users
#     do it for Atmosphere alone, and on a disabled account they also clear its end date.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/models/user.py`, `api/v2/views/user.py`, `api/models.py` of
# Troposphere, and its `static/js/actions/UserActions.js`.
