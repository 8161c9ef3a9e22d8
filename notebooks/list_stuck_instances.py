# %% [markdown]
# # List stuck instances
#
# You see all stuck or failed instances, and what they have in common.

# %% [markdown]
# ## When to use
#
# Several users report instances that don't become active, or you want to know whether a report is the only one.
#
# **Not for** one instance: [Triage an instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.
# - [ ] `RUNBOOK_CLOUDS` with an administrator's account, to show the clouds' free capacity.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
minutes: int = 20  # How long an instance can be in a transitional state before it counts as stuck; failed ones are always listed.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("list_stuck_instances", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *Common factors*: in 3 days, three or more instances of two or more users share a size and are in *error* or *build*
#   (full cloud), an image and are not deployed (broken image), or a provider and are in *networking* (its network or
#   addresses). It is a hint: triage one of them.
# - *running from it*: all instances of that image on that provider, in any state. 3 stuck of 4 is the image; 3 of 400
#   is not.
# - *since* is the first recorded time, *for* counts from it. Atmosphere records states when someone opens the page, or
#   every 15 minutes. So a state can be older, or over.
# - *past* is the exceeded limit. *the guide's 20 min*: check it; old clouds can take longer. *the code's … min*:
#   Atmosphere gave up, in *build* silently and forever.
# - *failed*: *error* has its fault only in Nova. In *deploy_error* the playbooks failed or the instance was
#   unreachable; *error* shows the recorded error.
# - *no status*: nothing was recorded since its creation. Open its page to record one.
# - *active* with a failed user boot script works, and is not listed.
# - *Capacity of the clouds* counts enabled hypervisors that are up. CPUs can be overcommitted. Memory must fit on
#   **one** machine: the last column shows the most that can start.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | a reported instance is missing | its state is younger than `minutes`, or not recorded | open its page, wait a minute, inspect again |
# | listed, but active in the web interface | the database is behind | check after 15 minutes |
# | `rejected the request to list hypervisors` under *Missing* | not an administrator's account | change it in `clouds.yaml` |
# | `has no cloud configured` under *Missing* | not in `RUNBOOK_CLOUDS` | add it |
#
# Send: the provider, the start of the problem.

# %% [markdown]
# ## Background
#
# The current state is the last-started row of `instance_status_history`, by highest id if several started together.
# Several rows can lack an end. The index on `instance_id` keeps old instances from costing time.
#
# The limits come from the code; the output lists them. More: [Instance states](../concepts/instance-states.md), [A
# stuck instance](../tools/stuck-instance.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide inspects single instances, and calls them stuck after 20 minutes. Real limits are longer. Only
#       comparison shows a full cloud or broken image.
#     - It omits *build*, where abandoned instances stay forever.
#     - Atmosphere's `scripts/print_broken_instances.py` only lists *error*, *deploy_error* and *networking* that were
#       never active.
#
# Applies to Atmosphere v37. Sources: `core/models/instance.py`, `core/models/instance_history.py`,
# `service/monitoring.py`, `service/tasks/driver.py`, `scripts/print_broken_instances.py`.
