# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Revoke staff access
#
# A user is no longer staff or superuser on Atmosphere, on Troposphere, or on both, nor a cloud administrator.

# %% [markdown]
# ## When to use
#
# A colleague leaves, or an account may be compromised.
#
# **Not for** disabling the account: the user can still log in and run instances. **Not for** [granting
# access](grant_staff.py).

# %% [markdown]
# ## Before you start
#
# - [ ] If the account is compromised, also end its tokens, emulated sessions and OpenStack credentials.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.
site: str = "both"  # Where to revoke staff access. One of: both, atmosphere, troposphere.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("revoke_staff", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo. `assert` protects the last superuser. Afterwards,
# delete the user's rows under `/admin/core/cloudadministrator`.
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
# The rights end at once, in open sessions too: every request reads the flags.

# %%
run.apply()

# %% [markdown]
# ## Verify

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# All values are restored.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `is the last superuser of Atmosphere` | nobody could manage the site | [grant another superuser](grant_staff.py) first |
# | `is_superuser was True when the plan was made` | a colleague is revoking the other superuser | plan again |
# | `there is no user 'x' in the atmosphere database` | the name is misspelled | check Admin > Manage Users |
# | `has 2 rows in api_userpreferences` | a duplicate row; Troposphere's own save fails too | delete all but one under `/tropo-admin` |
# | exit 5 | Atmosphere was committed, Troposphere was not | run it again |
#
# Send: the user name.

# %% [markdown]
# ## Background
#
# A row in `cloud_administrator` alone lets a user set both flags of any account through Atmosphere's API. On
# Atmosphere, the plan deletes such rows; undo restores them.
#
# Each site keeps a superuser who is `is_active` and whose `end_date`, if any, has not passed. Apply locks that row,
# so two people cannot revoke each other's access.
#
# A missing account on one site does not stop the plan, because a revocation can be urgent.
#
# !!! info "How this differs from the staff guide"
#
#     The guide has no such procedure. The switches under Admin > Manage Users change Atmosphere only, and also clear
#     a disabled account's end date.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `core/models/user.py`, `api/v2/views/user.py`,
# `api/permissions.py:214-234`, `api/models.py` of Troposphere, and its `static/js/actions/UserActions.js`.
