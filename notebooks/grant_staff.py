# %% [markdown]
# # Grant staff access
#
# A user becomes staff, and superuser if you want, on Atmosphere, on Troposphere, or on both.

# %% [markdown]
# ## When to use
#
# A colleague is to answer resource and imaging requests, emulate users, or open the Django admin pages.
#
# | on | `is_staff` gives | `is_superuser` adds |
# | --- | --- | --- |
# | Atmosphere | the Admin tab and its requests, all images of one's own providers, `/admin` | emulating users; every table under `/admin` |
# | Troposphere | `/tropo-admin`, and the site itself during a maintenance | every table under `/tropo-admin` |
#
# **Not for** taking access away: [Revoke staff access](revoke_staff.py). Staff are *not* exempt from maintenance at
# Atmosphere's API; only the names in `MAINTENANCE_EXEMPT_USERNAMES` are.

# %% [markdown]
# ## Before you start
#
# - [ ] Know the exact user name: upper and lower case count.
# - [ ] The user has logged in to **both** sites once. Each site makes its own row at the first login.
# - [ ] You know why: the reason is kept in the journal.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.
site: str = "both"  # Where to give it. One of: both, atmosphere, troposphere.
superuser: bool = True  # Also make the user a superuser, which emulating others and the whole of the admin pages need.
password: str = ""  # Optional. A new password for the admin pages, by reference: env:NAME, file:/path or prompt. Only sites whose login includes Django's ModelBackend can use one.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("grant_staff", globals())

# %% [markdown] tags=["repl"]
# ## In the sites' own shells
#
# For sites where nothing may connect from outside. No plan, no record, no undo: note the old values first. The sites' own
# hooks add what belongs to a saved user: the profile on Atmosphere, the preferences on Troposphere.
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
# For a password, call `user.set_password` **before** the save, and add `"password"` to the fields that are saved.
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
# Check that the rows are those of the person you mean.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "A superuser can act as any user and edit any row"
#
#     Give `superuser=False` to somebody who only answers requests.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Every change is read back on fresh connections. The person then sees the Admin tab after reloading Troposphere; nobody
# has to log in again.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The flags, the profile and the preferences go back to what they were. A **password** does not, when the account had a
# usable one before: the old hash is not kept anywhere.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no user 'x' in the troposphere database` | they never logged in to Troposphere | ask them to log in there once, then run this again; or give `site=atmosphere` now |
# | `there is no user 'x' in the atmosphere database` | they never logged in, or the name is spelt another way | check Admin > Manage Users |
# | `has 2 rows in api_userpreferences` | a double row; Troposphere's own save fails on it too | delete all but one under `/tropo-admin` |
# | `was false when the plan was made and is true now` | somebody was faster | plan again and read the new plan |
# | exit 5, `applied only in part` | Atmosphere was committed, then Troposphere was lost | run it again: it completes what is missing; or undo the run |
# | the flags are there, the Admin tab is not | the account is disabled (`is_active`, `end_date`) | enable it under Admin > Manage Users |
#
# Send: the user name.

# %% [markdown]
# ## Background
#
# The two sites have a user table each, in two databases: `atmosphere_user` and `troposphere_user`. The rows of both are
# written and checked before either is committed, so one site refusing leaves both as they were.
# [How a procedure works](../concepts/how-a-procedure-works.md) has the details.
#
# Upstream's own save writes more than the flags, and so does this: a missing `user_profile` on Atmosphere, and the
# `modified_date` of `api_userpreferences` on Troposphere. It writes no other column, so a login at the same moment is
# not lost.
#
# **A password helps only** where `AUTHENTICATION_BACKENDS` has `django.contrib.auth.backends.ModelBackend`. The default
# settings have tokens, CAS and LDAP; the template adds ModelBackend for Globus alone. Elsewhere a password is useless.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-user-model"></span>The guide imports `django.contrib.auth.models.User` on Troposphere, which fails: the model is swapped for
#       `troposphere.TroposphereUser`, and `auth_user` is a leftover.
#     - <span id="differs-password-after-save"></span>The guide sets a password after `user.save()`, which loses it; and on most sites nothing checks one.
#     - The guide says that staff may emulate; emulation through Troposphere asks for `is_superuser`.
#     - Troposphere's admin pages are at `/tropo-admin`, not `/admin`.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/models/user.py`, `troposphere/models.py`, `api/models.py`,
# `troposphere/urls.py`, `atmosphere/settings/__init__.py`.
