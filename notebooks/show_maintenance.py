# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Show the maintenance
#
# You see whether each site is open, the records that close it, and what users and staff see.

# %% [markdown]
# ## When to use
#
# Users see the maintenance page or errors, or a maintenance is announced, starting or ending.
#
# **Not for** [closing a site](start_maintenance.py) or [opening it](stop_maintenance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; read-only access is enough. With only one, you see that
#   site.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("show_maintenance", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *503 from the API*: Atmosphere is closed, even to staff. Procedures can't use its API.
# - *the maintenance page*: it shows the titles and messages of the active records.
# - *open, but shows only errors*: Troposphere opens, but Atmosphere's API is closed. Staff see this when both sites
#   are closed, users when only Atmosphere is.
# - *active*: it has begun, and has no end or a future one.
# - *overdue*: it still closes the site. Ask whether it is over.
# - *upcoming*: it begins by itself; stopping does not cancel it.
# - *provider*: a record with a provider affects that provider only.
# - *disables login* affects Troposphere's login page only.
# - *the banner* only announces a maintenance.
# - The sites are independent: a record can be on only one.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `cannot be reached` under *Missing* | the database is unresponsive or not configured | `runbook doctor` |
# | *open*, but users see the maintenance page | a cached page, or another site's database | reload the page; check the database in `runbook doctor` |
# | users get no page | the site is down, without a record | check the web server |
#
# Send: the exact text that users see.

# %% [markdown]
# ## Background
#
# Exempt users pass both sites; staff and emulated sessions pass Troposphere. More:
# [Maintenance](../concepts/maintenance.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's `./manage.py maintenance show` lists one site's active records, not later ones.
#     - It says that users can't log in. In fact the API is closed, even to staff.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `core/models/maintenance.py`, `api/permissions.py` of
# Atmosphere; `api/models.py`, `troposphere/views/app.py` of Troposphere.
