# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # List staff
#
# You see every account with staff rights on either site, and the differences between the sites.

# %% [markdown]
# ## When to use
#
# Someone asks who is staff, left, or has rights on one site only.
#
# **Not for** [one user's account](show_account.py). To change rights, [grant](grant_staff.py) or
# [revoke](revoke_staff.py) them.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; read-only access is enough. One of them gives a partial
#   list.

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
# - The web interface's Admin tab follows *staff* on Atmosphere. More: [Staff rights](../concepts/staff-rights.md).
# - *differs* lists the unequal rights. Grant or revoke to make them equal.
# - *Cloud administrators* need not be staff.
# - *inactive* and *ended* accounts can't use their rights. A change of *staff* under Admin > Manage Users clears the
#   end date and enables the account.
# - *no account*: the user never logged in there.
# - *Usable password*: the account can log in without single sign-on.

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
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `core/models/user.py`, `api/v1/views/token.py` of
# Atmosphere; `troposphere/models.py`, `troposphere/views/app.py`; `django/contrib/auth/hashers.py` of Django 1.11.
