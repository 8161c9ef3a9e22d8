# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Stop the maintenance
#
# No site-wide maintenance is active any longer on Atmosphere, on Troposphere, or on both.

# %% [markdown]
# ## When to use
#
# The work is done, or a forgotten maintenance still keeps users out.
#
# **Not for** canceling one before its start: undo its run, or delete the record on the admin pages.

# %% [markdown]
# ## Before you start
#
# - [ ] A user in `MAINTENANCE_EXEMPT_USERNAMES` has tested both sites.
# - [ ] You want to stop **all** active records. You can't stop only one of several.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
site: str = "both"  # The site to open. One of: both, atmosphere, troposphere.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("stop_maintenance", globals())

# %% [markdown] tags=["repl"]
# ## By hand, on each site's host
#
# Only if the runbook may not connect. Note the output of `show` first: it is the only record.
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
# With Docker, in the folder of `docker-compose.yml`:
#
# ```sh
# docker-compose exec atmosphere /bin/bash -c "source /opt/env/atmo/bin/activate && ./manage.py maintenance stop"
# docker-compose exec troposphere /bin/bash -c "source /opt/env/troposphere/bin/activate && ./manage.py maintenance stop"
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Each active record ends now, even one with a later end. The notes list those that stay: later and single-provider
# ones.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# Users have access again from their next click.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# In a private window, Troposphere shows its login page.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Every record gets its old end date back, or none: **the sites are closed again**.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | nothing to do, `no maintenance is active on` | it was stopped, or has not started | check the notes |
# | one provider still keeps users out | it has its own record, which the notes show | end it under `/admin` |
# | `end_date was None when the plan was made` | a colleague stopped it | plan again |
# | exit 5 | Atmosphere was committed, Troposphere was not | run it again, or undo the run |

# %% [markdown]
# ## Background
#
# Troposphere's rows also get a new `modified_date`.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's `atmomanage` and `tropomanage` are [gone](start_maintenance.py#differs-atmomanage).
#     - The guide omits the records that `stop` does not end.
#     - The guide stops one site after the other; here both end together, or neither.
#
# For Atmosphere v35 to v37, Troposphere v35 and v36. Sources: `core/management/commands/maintenance.py`,
# `core/models/maintenance.py`, `api/models.py`.
