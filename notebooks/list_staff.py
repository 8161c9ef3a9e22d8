# %% [markdown]
# # List staff
#
# Everybody with rights on either site is listed, and where the two sites differ stands beside the name.

# %% [markdown]
# ## When to use
#
# Somebody asks who is staff, somebody left, or a colleague can do something on one site and not on the other.
#
# **Not for** one user's whole account: [Show an account](show_account.py). **Not for** changing rights:
# [Grant staff access](grant_staff.py), [Revoke staff access](revoke_staff.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; a role that may only read is enough. With one of them the list
#   is partial and says so.

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
# - *superuser* on Atmosphere may emulate users; *staff* alone may not.
# - *staff* on Troposphere opens `/tropo-admin` and passes the maintenance page. The Admin tab of the web interface does not
#   depend on it: that follows *staff* on Atmosphere.
# - *inactive* or *ended* accounts keep their flags and can't use them. Switching staff under Admin > Manage Users clears the
#   end date: a disabled account comes back to life.
# - *no account* on a site: the user never logged in there. The row appears at the first login.
# - A usable password is a way in beside the single sign-on, where the site has Django's `ModelBackend` enabled.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `cannot be reached` under *Missing* | the database does not answer | `runbook doctor` |
# | a name is missing | the account has no rights on either site | [Show an account](show_account.py) |
#
# Send: the name that you miss.

# %% [markdown]
# ## Background
#
# Atmosphere keeps its accounts in `atmosphere_user`, Troposphere its own in `troposphere_user`; nothing keeps their flags
# equal. Django marks an account without a password by an exclamation mark at the start of the column; that alone is looked
# at, no hash is read.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has no such list.
#     - It says that staff may emulate; Atmosphere asks for superuser.
#     - On Troposphere it looks at `django.contrib.auth.models.User`, which both sites have replaced.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/models/user.py`, `api/v1/views/token.py` of Atmosphere,
# `troposphere/models.py`, `troposphere/views/app.py` of Troposphere, `django/contrib/auth/hashers.py` of Django 1.11.
