# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # List stuck instances
#
# You see all stuck or failed instances, and their common factors.

# %% [markdown]
# ## When to use
#
# Several users report instances that don't become active, or you check a single report.
#
# **Not for** [one instance](triage_instance.py).

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
# - *Common factors* are a hint, from three or more instances of two or more users in 3 days: triage one instance.
#     - A size, in *error* or *build*: the cloud is full.
#     - An image, not deployed: the image is broken.
#     - A provider, in *networking*: its network or its addresses.
# - *running from it*: if 3 of 4 are stuck, the image is broken; if 3 of 400 are, it is not.
# - *since* is the first recorded time. Atmosphere records states when someone opens the instance's page, or every 15
#   minutes, so a state can be older, or over.
# - *past* is the exceeded limit. *the guide's 20 min*: check the instance; old clouds can take longer. *the code's …
#   min*: Atmosphere gave up. In *build*, it does so silently, and the state stays.
# - *failed*: in the state *error*, only Nova has the fault. In *deploy_error*, the playbooks failed or the instance
#   was unreachable; the column *error* explains the recorded error.
# - *no status*: none was recorded. Open the instance's page to record one.
# - An *active* instance whose user boot script failed works, and is not listed.
# - *Capacity of the clouds* counts enabled hypervisors that are up. Memory must fit on **one** hypervisor: the last
#   column shows the largest that can start.

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
# The current state is the row of `instance_status_history` with the latest start and highest id. Several can lack an
# end.
#
# The limits are from the code. More: [Instance states](../concepts/instance-states.md), [A stuck
# instance](../tools/stuck-instance.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide inspects single instances, and calls them stuck after 20 minutes. Real limits are longer.
#     - It omits *build*, where abandoned instances stay forever.
#     - Atmosphere's `scripts/print_broken_instances.py` lists only instances that were never active, in *error*,
#       *deploy_error* or *networking*.
#
# For Atmosphere v37. Sources: `core/models/{instance,instance_history}.py`, `service/monitoring.py`,
# `service/tasks/driver.py`, `scripts/print_broken_instances.py`.
