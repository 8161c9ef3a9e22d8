# %% [markdown]
# # List staff
#
# You see every account with staff rights on either site, and the differences between the sites.

# %% [markdown]
# ## When to use
#
# Someone asks who is staff, someone left, or a colleague has rights on one site only.
#
# **Not for** one user's account: [Show an account](show_account.py). **Not for** changes: [Grant](grant_staff.py) or
# [revoke](revoke_staff.py) staff access.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; read-only access is enough. With only one, the list is
#   partial and says so.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("list_staff", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *superuser* on Atmosphere can emulate users; *staff* alone can't.
# - *staff* on Troposphere opens `/tropo-admin` and passes the maintenance page. The web interface's Admin tab follows
#   *staff* on Atmosphere.
# - *differs* lists the unequal rights. Grant or revoke staff access to make them equal.
# - *Cloud administrators* can set the flags of any account through Atmosphere's API, without being staff.
# - *inactive* and *ended* accounts can't use their rights. A change of *staff* under Admin > Manage Users clears the
#   end date and enables the account.
# - *no account*: the user never logged in there.
# - *Usable password*: the account can log in without single sign-on, if the site uses Django's `ModelBackend`.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `cannot be reached` under *Missing* | unresponsive database | run `runbook doctor` |
# | a name is missing | no rights on either site | [Show an account](show_account.py) |
#
# Send: the missing name.

# %% [markdown]
# ## Background
#
# Accounts are in `atmosphere_user` and `troposphere_user`. The first login creates them; nothing synchronizes their
# rights. A password field that begins with an exclamation mark is unusable. No hash is read.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has no such list.
#     - It says that staff can emulate.
#     - It reads `django.contrib.auth.models.User`, which both sites replaced.
#
# Applies to Atmosphere v37 and Troposphere v36. Sources: `core/models/user.py`, `api/v1/views/token.py` of Atmosphere;
# `troposphere/models.py`, `troposphere/views/app.py`; `django/contrib/auth/hashers.py` of Django 1.11.
