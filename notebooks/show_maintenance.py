# %% [markdown]
# # Show the maintenance
#
# You know whether each site is open, which records close it, and what users and staff see now.

# %% [markdown]
# ## When to use
#
# Users meet the maintenance page or errors, a maintenance was announced, or you are about to start or stop one.
#
# **Not for** closing a site: [Start a maintenance](start_maintenance.py). **Not for** opening it again:
# [Stop the maintenance](stop_maintenance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; a role that may only read is enough. With one of them the
#   answer is about that site, and says so.

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
# - *503 from the API* on Atmosphere: nobody gets through, staff neither. The procedures that use the API wait too.
# - *the maintenance page* on Troposphere: users read the titles and messages of the active records.
# - *open, with nothing but errors*: Troposphere lets the person in and Atmosphere's API answers nothing. Staff see that
#   during every maintenance of both sites; users see it when only Atmosphere is closed.
# - *active*: it has begun, and its end is not set or not reached.
# - *forgotten*: it has no end and began more than 2 days ago. Atmosphere has no such limit and closes the site as for any
#   other; somebody who knows must say whether it is over.
# - *to come*: it begins by itself at that moment. Stopping the maintenance does not call it off.
# - a *provider* beside the record: it counts for that provider only, closes no site, and is not stopped by stopping.
# - *disables login* is heeded by Troposphere's login page. The API is closed either way.
# - *the banner* announces; it closes nothing.
# - A record on one site and not on the other is no error of this page: the sites know nothing of each other.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `cannot be reached` under *Missing* | the database does not answer, or is not configured | `runbook doctor` |
# | both sites are *open* here, and users see the maintenance page | their browser shows the old page, or this is another site's database | reload; compare the first line of the output with the site |
# | nobody gets a page at all | the site is down, which no record says | check the web server |
#
# Send: what users see, word for word.

# %% [markdown]
# ## Background
#
# A record is active from its start to its end. Atmosphere's API asks for active records without a provider and answers 503
# to everybody but the names in `MAINTENANCE_EXEMPT_USERNAMES`. Troposphere sends users to its maintenance page; staff, exempt
# names and emulated sessions pass. More: [Maintenance](../concepts/maintenance.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has no page that shows the state of both sites; `./manage.py maintenance show` tells of one site and of
#       what is active, not of what is to come.
#     - The guide says that the login of users is disabled. In fact the whole API is closed, for staff too.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/models/maintenance.py`, `api/permissions.py` of Atmosphere,
# `api/models.py`, `troposphere/views/app.py` of Troposphere.
