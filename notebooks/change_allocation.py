# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Change an allocation
#
# An allocation source allows a different number of compute hours.

# %% [markdown]
# ## When to use
#
# A user needs more compute time (AU: hours times CPUs), or a source allows too much.
#
# **Not for** [more CPUs, memory or storage at one time](change_quota.py). Afterwards, [inform the
# user](approve_resource_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] A shared source, such as `TG-ASC160018`: all its users use the same hours.
# - [ ] The new number is a **total** that includes the used hours. Troposphere shows both.
# - [ ] A renewal replaces the number, perhaps within days. The plan notes when, unless it never renews.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
source_name: str = ""  # Required. The allocation source; a user's own source has the user's name.
compute_allowed_hours: int = 0  # Required. Hours of compute to allow in total (AU), including the hours already used.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("change_allocation", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# Two rows change, and an event is added. The notes show the hours used and left.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# Instances that were stopped for overuse stay stopped.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The user's dashboard shows the new number after a reload.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Both numbers are restored, and the event is deleted. After a renewal, undo refuses.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no allocation source` | the name is misspelled | copy it from the user's dashboard |
# | `hours are less than the` | the users would exceed their limit at once | allow at least the used hours |
# | `ended on` | the source is closed | use another source |
# | `has no snapshot` | never renewed; Atmosphere's own change fails too | ask for the event in the message |
# | `compute_allowed_hours must be from 1` | 0 and negative numbers can't be set here | see *Background* |
# | `compute_allowed was 1000 when the plan was made` | a renewal or a colleague changed it | plan again |
# | the old number returns | a renewal | change it again; only the strategy `custom` keeps it |
#
# Send: the source's name.

# %% [markdown]
# ## Background
#
# `allocation_source.compute_allowed` is the limit; Troposphere shows `allocation_source_snapshot`. The hook of the
# event `allocation_source_compute_allowed_changed` writes both. The runbook writes all three in one transaction. The
# snapshot's `updated` stays: a count of used hours sets it every 15 minutes.
#
# The [renewal strategy](../concepts/quota-and-allocation.md#allocations) sets the new number. `default` always gives
# 336, because upstream misspells its setting. The API accepts `biweekly`, which never renews.
#
# On overuse, where `ENFORCING` is on, Atmosphere applies `provider.over_allocation_action` every 15 minutes: it
# suspends, stops, shelves or **terminates** active instances. It sends its emails at 50 % and 90 % only once per
# source. For sources in `SPECIAL_ALLOCATION_SOURCES`, the settings decide instead.
#
# Like upstream's API, this can't set a negative number (no limit), but replaces it, and undo restores it.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's *allocation* on an identity's membership is [gone since
#       2018](../concepts/quota-and-allocation.md#differs-allocation-screens). It forbids editing a shared allocation;
#       a source is edited for all its users.
#     - The guide omits that a renewal undoes a raise.
#
# For Atmosphere v37. Sources: `core/models/allocation_source.py:45-60`, `core/hooks/allocation_source.py`,
# `api/v2/views/allocation_source.py`, `service/monitoring.py:317-353`, `cyverse_allocation/tasks.py:147-153`,
# `cyverse_rules_engine_setup.py`.
