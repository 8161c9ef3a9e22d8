# %% [markdown]
# # Stop the maintenance
#
# No maintenance of the whole site is active any more, on Atmosphere, on Troposphere, or on both.

# %% [markdown]
# ## When to use
#
# The work is done and users are to come back; or a maintenance that somebody forgot still keeps them out.
#
# **Not for** cancelling one that has not begun: undo the run that started it, or delete the record on the admin pages.
# **Not for** a record that is bound to one provider: end it under `/admin`.

# %% [markdown]
# ## Before you start
#
# - [ ] Both sites were tried out by somebody who gets through: a name in `MAINTENANCE_EXEMPT_USERNAMES`.
# - [ ] **All** active records are meant. There is no way to stop one of several, here as on the sites.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
site: str = "both"  # Which site to open. One of: both, atmosphere, troposphere.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("stop_maintenance", globals())

# %% [markdown] tags=["repl"]
# ## On the sites' own hosts
#
# Each site has the same command, which replaces the aliases `atmomanage` and `tropomanage`. Note what `show` says first:
# nothing else keeps it.
#
# Atmosphere:
#
# ```sh
# cd /opt/dev/atmosphere
# source /opt/env/atmo/bin/activate
# ./manage.py maintenance show
# ./manage.py maintenance stop
# ```
#
# Troposphere:
#
# ```sh
# cd /opt/dev/troposphere
# source /opt/env/troposphere/bin/activate
# ./manage.py maintenance show
# ./manage.py maintenance stop
# ```
#
# In containers:
#
# ```sh
# atmosphere-docker exec atmosphere /bin/bash -c "source /opt/env/atmo/bin/activate && ./manage.py maintenance stop"
# atmosphere-docker exec troposphere /bin/bash -c "source /opt/env/troposphere/bin/activate && ./manage.py maintenance stop"
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Each active record gets an end; one that had a later end gets this one. The notes name what
# stays: records that have not begun, and those of single providers.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# Users get in again with their next click.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Every record is read back on a fresh connection. In a private window, Troposphere shows its login page.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Every record gets back the end it had, or none: **the sites are closed again**.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | nothing to do, `no maintenance is active on` | it was stopped before, or has not begun | check the records that the notes name |
# | users are still kept out of one provider | a record is bound to it; the notes name it | end it under `/admin` |
# | `end_date was None when the plan was made` | somebody was faster | plan again |
# | exit 5, `applied only in part` | Atmosphere was committed, then Troposphere was lost | run it again: it stops what is left; or undo the run |

# %% [markdown]
# ## Background
#
# A record is active when its begin is reached and its end is not. Stopping sets the end to now, on every active record of
# the site; Troposphere's rows also get a new `modified_date`. On Atmosphere only records without a provider count.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide calls `atmomanage` and `tropomanage`. These aliases are gone since 2016; `manage.py maintenance stop`, on
#       each site, is what they called.
#     - The guide does not say that `stop` leaves records that have not begun, and those of single providers.
#     - The guide stops one site after the other; here both end at the same moment, or neither.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/management/commands/maintenance.py`,
# `core/models/maintenance.py`, `api/models.py`.
