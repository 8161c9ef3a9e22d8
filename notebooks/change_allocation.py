# %% [markdown]
# # Change an allocation
#
# An allocation source allows another number of hours of compute.

# %% [markdown]
# ## When to use
#
# A resource request asks for more compute time (AU, hours times CPUs), or a source was given too much.
#
# **Not for** more CPUs, memory or storage at one time: that is the [quota](change_quota.py).
# **Not for** telling the user: [approve their request](approve_resource_request.py) afterwards.

# %% [markdown]
# ## Before you start
#
# - [ ] The source's exact name. On CyVerse a user's own is named like the user; a shared one, such as `TG-ASC160018`, is
#   used up by all its users together.
# - [ ] The new **total**, what is used already included: the web interface shows both numbers.
# - [ ] When it is renewed. A renewal replaces the number, so a raise may last a few days only; the plan says how long.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
source_name: str = ""  # Required. The allocation source; a user's own is named like the user.
compute_allowed_hours: int = 0  # Required. Hours of compute allowed from now on (AU), used ones included.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("change_allocation", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The number changes in two places, and an event records it. The notes tell how much is used,
# how much would be left, and when the next renewal replaces the number.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# Atmosphere reads the number anew each time; nothing has to be restarted.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The rows are read back on a fresh connection. The user's dashboard shows the new number after a reload.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Both numbers become what they were, and the event is deleted. After a renewal undo is refused: the number is another one
# by then.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no allocation source` | the name is spelt another way | take it from the user's dashboard |
# | `hours are less than the … that are used` | users would be over their limit at once, and Atmosphere acts on that | allow at least what is used |
# | `ended on` | the source is closed; nobody can use it | give the hours to another source |
# | `has no snapshot` | it was never renewed, so nothing sums up its use; Atmosphere's own change fails too | ask for the event that the message names |
# | `compute_allowed_hours must be from 1` | 0 and -1 (no limit) can't be set here | see *Background* |
# | `compute_allowed was 1000 when the plan was made` | a renewal or a colleague was faster | plan again |
# | the number is the old one again | it was renewed | change it again; for good, the source needs the strategy `custom` |
#
# Send: the source's name.

# %% [markdown]
# ## Background
#
# `allocation_source.compute_allowed` decides whether users may go on; `allocation_source_snapshot` is what the web
# interface shows. Upstream's API writes an event, `allocation_source_compute_allowed_changed`, and a hook of that event
# writes both. The hook runs inside Atmosphere only, so here all three are written, in one transaction. The snapshot's
# `updated` stays: it tells when the use was summed up, every 15 minutes.
#
# | renewal strategy | the next renewal sets |
# | --- | --- |
# | `default` | 336 hours, on the first day of each month |
# | `bi-weekly` | 84 hours, 14 days after the last one |
# | `workshop` | 0 hours, 7 days after the last one |
# | `custom`, or any other word | nothing: it is never renewed |
#
# What is used begins at 0 again with each renewal. The 336 are fixed: upstream reads the setting under a misspelt name.
# The API, too, writes `biweekly`, which the rules do not know.
#
# A negative number means no limit. A source without a limit can be given one here, and undo takes the limit away again;
# no other way sets a negative number, for upstream's API refuses it as well.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide chooses an *allocation* on the page of an identity's membership, with a threshold in minutes and a delta.
#       All of that is gone since 2018: an allocation belongs to a source, and is a number of hours.
#     - The guide says never to edit an existing allocation, because several users shared one. A source is edited: whoever
#       shares it shares the hours.
#     - The guide does not say that a renewal takes a raise back.
#
# Holds for Atmosphere v37. Sources: `core/models/allocation_source.py`, `core/hooks/allocation_source.py`,
# `api/v2/views/allocation_source.py`, `cyverse_rules_engine_setup.py`.
