# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Start a maintenance
#
# Atmosphere, Troposphere, or both get a maintenance record, and keep users out from its start until you stop it.

# %% [markdown]
# ## When to use
#
# A deployment, a database upgrade or work on the clouds begins now or at a planned hour. Atmosphere's API then
# **rejects [users and staff](../concepts/maintenance.md)**.
#
# **Not for** an announcement: use the banner, *Maintenance notice* under `/tropo-admin`. **Not for** one provider:
# create its record under `/admin`, which neither this nor stopping changes.

# %% [markdown]
# ## Before you start
#
# - [ ] Atmosphere's `MAINTENANCE_EXEMPT_USERNAMES` names a member of your team, or nobody can test.
# - [ ] Procedures that use Atmosphere's API are finished. Instances and Celery tasks keep running.
# - [ ] For a later start, set `start` with its UTC offset: `2026-01-15T18:00-07:00` is 6 pm in Arizona.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
title: str = ""  # Required. The title that users read.
message: str = "Atmosphere is down for a Scheduled Maintenance"  # The message that users read below the title.
site: str = "both"  # The site to close. One of: both, atmosphere, troposphere.
start: str = ""  # Optional. When it starts, with the offset from UTC, such as 2026-01-15T18:00-07:00; empty: now.
beside_active: bool = False  # Start it even if another maintenance is active then.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("start_maintenance", globals())

# %% [markdown] tags=["repl"]
# ## By hand, on each site's host
#
# Only if the runbook may not connect. A second `start` silently adds a second record. Check the start with
# `--dry-run`: a `--start-date` without an offset is in the site's time zone.
#
# Atmosphere:
#
# ```sh
# cd /opt/dev/atmosphere
# source /opt/env/atmo/bin/activate
# ./manage.py maintenance show
# ./manage.py maintenance start --dry-run --title '1/15 (v37) Maintenance'
# ./manage.py maintenance start --title '1/15 (v37) Maintenance'
# ```
#
# Troposphere:
#
# ```sh
# cd /opt/dev/troposphere
# source /opt/env/troposphere/bin/activate
# ./manage.py maintenance start --title '1/15 (v37) Maintenance'
# ```
#
# With Docker, in the folder of `docker-compose.yml`:
#
# ```sh
# docker-compose exec atmosphere /bin/bash -c "source /opt/env/atmo/bin/activate && ./manage.py maintenance start --title '1/15 (v37) Maintenance'"
# docker-compose exec troposphere /bin/bash -c "source /opt/env/troposphere/bin/activate && ./manage.py maintenance start --title '1/15 (v37) Maintenance'"
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Expect one row per site. The notes list all active, later and single-provider records. In practice mode, others are
# active: add `beside_active=True`.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Without a later start, the sites close at once"
#
#     Each user's next click shows the maintenance page.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# In a private window, Troposphere shows its maintenance page, and Atmosphere's API returns 503 with your message.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The new records are deleted if nobody changed them, which also cancels a maintenance before its start. To end one
# and keep its record, [stop it](stop_maintenance.py).

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `another maintenance is active at` | an earlier one | [stop it](stop_maintenance.py), or set `beside_active=True` |
# | `has another maintenance of this title` | it starts at another time and has no end | choose another title |
# | `start needs its offset from UTC` | each site has its own time zone | add it: `-07:00` is Arizona, all year |
# | nothing to do, `already has it` | an earlier, perhaps interrupted run started it | check the named record |
# | undo: `end_date was None when the plan was made` | it was stopped or edited meanwhile | if it is active, [stop it](stop_maintenance.py) |
# | exit 5 | Atmosphere was committed, Troposphere was not | run it again, or undo the run |
# | a user still has access | staff on Troposphere, an exempt name, or an emulated session | nothing |

# %% [markdown]
# ## Background
#
# The tables are `maintenance_record` and `api_maintenancerecord`. Both rows are checked before either commits. Like
# the command, this sets [`disable_login`](../concepts/maintenance.md#start-and-stop).
#
# A record of this title without an end is reused if active or of the same start.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-atmomanage"></span>The guide's aliases `atmomanage` and `tropomanage` have been gone since
#       2016. They called `manage.py maintenance`.
#     - <span id="differs-maintenance-effect"></span>The guide says that login is disabled. Atmosphere's API also
#       returns 503 to everybody, including staff.
#     - The guide starts one site after the other, without a check for an active record.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `core/management/commands/maintenance.py`,
# `core/models/maintenance.py`, `api/permissions.py`, `troposphere/views/app.py`, `api/models.py`.
