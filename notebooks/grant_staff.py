# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Grant staff access
#
# A user becomes staff and, by default, superuser, on Atmosphere, on Troposphere, or on both.

# %% [markdown]
# ## When to use
#
# A colleague will answer requests, emulate users or open the Django admin pages. [Staff
# rights](../concepts/staff-rights.md) lists what each flag allows.
#
# **Not for** [revoking access](revoke_staff.py). During a maintenance, staff access does not open Atmosphere's API.

# %% [markdown]
# ## Before you start
#
# - [ ] The user has logged in to **both** sites: the first login creates a site's row.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.
site: str = "both"  # Where to give staff access. One of: both, atmosphere, troposphere.
superuser: bool = True  # Also make the user a superuser. Emulating others and all tables of the admin pages require it.
password: str = ""  # Optional. A new password for the admin pages, by reference: env:NAME, file:/path or prompt. Only sites whose login includes Django's ModelBackend accept a password.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("grant_staff", globals())

# %% [markdown] tags=["repl"]
# ## In the Django shell
#
# Only if the runbook may not connect: no plan, record or undo. Note the old values first.
#
# Atmosphere: `cd /opt/dev/atmosphere`, `source /opt/env/atmo/bin/activate`, `./manage.py shell`, then
#
# ```python
# from core.models import AtmosphereUser
# user = AtmosphereUser.objects.get(username="joetest")
# user.is_staff = True
# user.is_superuser = True
# user.save(update_fields=["is_staff", "is_superuser"])
# ```
#
# For a password, call `user.set_password` **before** the save and add `"password"` to `update_fields`.
#
# Troposphere: `cd /opt/dev/troposphere`, `source /opt/env/troposphere/bin/activate`, `./manage.py shell`, then
#
# ```python
# from troposphere.models import TroposphereUser
# user = TroposphereUser.objects.get(username="joetest")
# user.is_staff = True
# user.is_superuser = True
# user.save(update_fields=["is_staff", "is_superuser"])
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Check the username in the first line. The third change is the date that Troposphere's own save sets.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "A superuser can act as any user and edit any row"
#
#     To answer requests, `superuser=False` is enough.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The user sees the Admin tab after reloading Troposphere, without a new login.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# All values are restored, except an old usable **password**: the journal does not keep its hash.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no user 'x' in the troposphere database` | no login there yet | ask the user to log in there; until then, `site=atmosphere` |
# | `there is no user 'x' in the atmosphere database` | no login yet, or a misspelled name | check Admin > Manage Users |
# | `has 2 rows in api_userpreferences` | Troposphere's own save fails too | delete all but one under `/tropo-admin` |
# | `was False when the plan was made and is True now` | a colleague granted it | plan again |
# | exit 5 | Atmosphere was committed, Troposphere was not | run it again, or undo the run |
# | flags set, but no Admin tab | the account is disabled (`is_active`, `end_date`) | enable it under Admin > Manage Users |
#
# Send: the user name.

# %% [markdown]
# ## Background
#
# Each site has its own database and user table, `atmosphere_user` or `troposphere_user`. Both rows are [checked
# before either commits](../concepts/how-a-procedure-works.md#apply), so a refusal changes neither.
#
# Like upstream's save, this adds a missing `user_profile` on Atmosphere and sets `modified_date` of
# `api_userpreferences` on Troposphere. It writes no other column, so a concurrent login is not lost.
#
# **A password works only** where `AUTHENTICATION_BACKENDS` has `django.contrib.auth.backends.ModelBackend`. The
# default settings have tokens, CAS and LDAP; the template adds ModelBackend for Globus alone.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-user-model"></span>The guide imports `django.contrib.auth.models.User` on Troposphere, which
#       fails: the model is `troposphere.TroposphereUser`, and `auth_user` is a leftover.
#     - <span id="differs-password-after-save"></span>The guide sets a password after `user.save()`, so it is never
#       saved. Most sites ignore these passwords.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `core/models/user.py`, `troposphere/models.py`,
# `api/models.py`, `troposphere/urls.py`, `atmosphere/settings/__init__.py`.
