# %% [markdown]
# # Start a maintenance
#
# Atmosphere, Troposphere, or both have one more maintenance record, and keep users out from its begin until it is stopped.

# %% [markdown]
# ## When to use
#
# A deployment, an upgrade of the database or work on the clouds is about to begin, or is planned for a certain hour.
#
# | while it is active | everybody else | staff | `MAINTENANCE_EXEMPT_USERNAMES` |
# | --- | --- | --- | --- |
# | Atmosphere's API | 503 | **503 too** | get through |
# | Troposphere | sent to the maintenance page | get through | get through |
#
# **Not for** announcing it beforehand: that is the banner, *Maintenance notice* under `/tropo-admin`.
# **Not for** one provider alone: its records are made under `/admin`, and neither this nor `stop` touches them.

# %% [markdown]
# ## Before you start
#
# - [ ] Somebody among you is in `MAINTENANCE_EXEMPT_USERNAMES` of Atmosphere, or nobody can try anything until the end:
#   [staff access](grant_staff.py) does not get through its API.
# - [ ] Procedures that go through Atmosphere's API are done: they get 503 as well.
# - [ ] Instances go on, and so do Celery's tasks: a maintenance stops neither.
# - [ ] For a later begin: the hour with its offset from UTC, such as `2026-01-15T18:00-07:00` for 6 pm in Arizona.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
title: str = ""  # Required. What users read as the title.
message: str = "Atmosphere is down for a Scheduled Maintenance"  # What users read below it.
site: str = "both"  # Which site to close. One of: both, atmosphere, troposphere.
start: str = ""  # Optional. When it begins, with the offset from UTC, such as 2026-01-15T18:00-07:00; not given means now.
beside_active: bool = False  # Start it although another maintenance is active then.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("start_maintenance", globals())

# %% [markdown] tags=["repl"]
# ## On the sites' own hosts
#
# Each site has the same command, which replaces the aliases `atmomanage` and `tropomanage`. It asks nothing: a second
# `start` makes a second record. With `--dry-run` it only says what it would write; look at the hour there, because a
# `--start-date` without an offset is taken in the site's own time zone.
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
# In containers:
#
# ```sh
# atmosphere-docker exec atmosphere /bin/bash -c "source /opt/env/atmo/bin/activate && ./manage.py maintenance start --title '1/15 (v37) Maintenance'"
# atmosphere-docker exec troposphere /bin/bash -c "source /opt/env/troposphere/bin/activate && ./manage.py maintenance start --title '1/15 (v37) Maintenance'"
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# There is one new row a site. The notes name every maintenance that is active at its begin,
# every one that comes later, and those of single providers. In practice mode some are always active, so
# `beside_active=True` is needed there.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Without a later start the sites close at once, for everybody on them"
#
#     Whoever works in the web interface is thrown out at the next click. Staff are thrown out of the API as well.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Every new row is read back on a fresh connection. In a private window, Troposphere shows its maintenance page, and
# Atmosphere's API answers 503 with the message.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The new records are deleted, as long as nobody changed them: it is as if there had been no maintenance. This is also the
# only way to cancel one that has not begun. To end one that ran, [stop it](stop_maintenance.py): then the record stays.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `another maintenance is active at` | one was not stopped, or its end is later | [stop it](stop_maintenance.py), or give `beside_active=True` |
# | `has another maintenance of this title` | it begins at another time and has no end | give another title |
# | `start needs its offset from UTC` | an hour alone means something else at each site | add it: `-07:00` is Arizona, all year |
# | nothing to do, `has it already` | it was started before, perhaps by the run that was cut off | check the record that is named |
# | undo: `end_date was None when the plan was made` | it was stopped since, or edited | leave it: it is over |
# | exit 5, `applied only in part` | Atmosphere was committed, then Troposphere was lost | run it again: it makes what is missing; or undo the run |
# | a user still gets in | staff on Troposphere, a name in `MAINTENANCE_EXEMPT_USERNAMES`, or an emulated session | that is how upstream does it |

# %% [markdown]
# ## Background
#
# Each site has a table of its own, in its own database: `maintenance_record` and `api_maintenancerecord`. The rows of both
# are written and checked before either is committed. A record is active when its begin is reached and its end is not. The
# record has no end yet; stopping sets it. `disable_login` is set, as by the command, and changes Troposphere's login page
# only: Atmosphere does not ask for it.
#
# A site that has a record of this title without an end, of the same begin or already active, has this maintenance: no
# second one is made there.
#
# !!! info "How this differs from the staff guide"
#
#     - <span id="differs-atmomanage"></span>The guide calls `atmomanage` and `tropomanage`. These aliases are gone since 2016; `manage.py maintenance` with
#       `start`, `stop` or `show`, on each site, is what they called.
#     - <span id="differs-maintenance-effect"></span>The guide says that login is disabled. On Atmosphere everything is: the API answers 503 to everybody, staff too.
#     - The guide starts one site after the other, and starts a second record beside an active one without a word.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/management/commands/maintenance.py`,
# `core/models/maintenance.py`, `api/permissions.py`, `troposphere/views/app.py`, `api/models.py`.
