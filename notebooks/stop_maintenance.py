# %% [markdown]
# # Stop the maintenance
#
# No site-wide maintenance is active any more, on Atmosphere, on Troposphere, or on both.

# %% [markdown]
# ## When to use
#
# The work is done, or a forgotten maintenance still keeps users out.
#
# **Not for** canceling one before its start: undo its run, or delete the record on the admin pages.
# **Not for** a single provider's record: end it under `/admin`.

# %% [markdown]
# ## Before you start
#
# - [ ] A user in `MAINTENANCE_EXEMPT_USERNAMES` has tested both sites.
# - [ ] You mean **all** active records. There is no way to stop one of several.

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
# Only where nothing may connect from outside. Note the output of `show` first: nothing else keeps it.
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
# Each active record ends now, even one with a later end. The notes list the records that stay: later and
# single-provider ones.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# Users get in at their next click.

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
# Every record gets its old end, or none: **the sites are closed again**.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | nothing to do, `no maintenance is active on` | it was stopped, or has not started | check the notes |
# | one provider still keeps users out | it has a record of its own, in the notes | end it under `/admin` |
# | `end_date was None when the plan was made` | somebody else stopped it | plan again |
# | exit 5 | Atmosphere was committed, then Troposphere was lost | run it again for the rest, or undo the run |

# %% [markdown]
# ## Background
#
# Troposphere's rows also get a new `modified_date`. On Atmosphere, only records without a provider count.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's `atmomanage` and `tropomanage` are [gone](start_maintenance.py#differs-atmomanage).
#     - The guide omits which records `stop` leaves.
#     - The guide stops one site after the other; here both end together, or neither.
#
# Applies to Atmosphere v37 and Troposphere v36. Sources: `core/management/commands/maintenance.py`,
# `core/models/maintenance.py`, `api/models.py`.
