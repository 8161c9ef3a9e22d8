# %% [markdown]
# # List stuck instances
#
# The instances that are stuck on their way or have failed are listed, with what they have in common.

# %% [markdown]
# ## When to use
#
# Several users report instances that don't become active, or you want to know whether one report is the only one.
#
# **Not for** one instance whose uuid you have: [Triage an instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; a role that may only read is enough.
# - [ ] With `RUNBOOK_CLOUDS` and an account with the admin role, what the clouds have left is shown too.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
minutes: int = 20  # How long an instance may be in one state on its way to active; a failed one is listed at once.

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
# - *What stands out*, of the last 3 days: three or more instances of two or more users that share a size and went to *error* or stay in *build*
#   (the cloud is full for that size), share an image and are not deployed (the image is broken), or hang in *networking* on
#   one provider (its network or its addresses). A question mark, since it is a hint: look at one of them.
# - *living from it*: all living instances of that image on that provider. 3 stuck of 4 is the image; 3 of 400 is not.
# - *since* is when the state was first seen, and *for* is counted from there. Atmosphere writes a state down when somebody
#   looks, or every 15 minutes: it may have begun up to 15 minutes earlier, and may be over by now.
# - *past* is the limit that was passed. *The guide's 20 min*: worth a check, on old clouds still no error. *The code's … min*:
#   Atmosphere has given up. In *build* it says so nowhere, and nothing moves the instance on.
# - *failed*: *error* means that Nova has refused, and only Nova has the fault. *deploy_error* means that the playbooks
#   failed, or that the instance could not be reached; what Atmosphere kept of it stands under *what it says*.
# - *no status at all*: nobody has looked at the instance since it was made. Opening its page writes the first state.
# - An *active* instance whose user's own boot script failed is not listed: it works.
# - *Room in the clouds* counts the hypervisors that are up and enabled. CPUs may be given more than once. An instance needs
#   its memory on **one** machine: the last column is the largest that can still start.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | an instance that a user reports is missing | its state is younger than `minutes`, or was not written down yet | open its page, wait a minute, inspect again |
# | it is listed, and active in the web interface | the database is behind | check again after 15 minutes |
# | `refused to list hypervisors` under *Missing* | the account in `clouds.yaml` is no administrator | give the entry one that is |
# | `has no cloud configured` under *Missing* | `RUNBOOK_CLOUDS` does not name that provider | add it |
#
# Send: the provider, since when it has been so.

# %% [markdown]
# ## Background
#
# The present state is the row of `instance_status_history` that began last; of several that began together, the one with
# the highest id. An empty end date would not do: there can be several. The row is looked up for each living instance by the
# index on `instance_id`, so old instances cost nothing.
#
# The limits are those of the code: *build* waits 250 times 15 seconds; *networking* tries for about 53 minutes to give an
# address, then 115 times 64 seconds to log in; *deploying* has three tries of 25 minutes with 124 seconds between them.
# More: [An instance's states](../concepts/instance-states.md), [A stuck instance](../tools/stuck-instance.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide calls an instance stuck after 20 minutes and looks at one at a time. The times are up to 15 minutes late,
#       the real limits are longer, and a full cloud or a broken image only shows when many are compared.
#     - The guide does not speak of *build*, where an instance that nobody waits for any more stays for ever.
#     - `scripts/print_broken_instances.py` of Atmosphere lists *error*, *deploy_error* and *networking* that were never
#       active, one line each; it groups nothing.
#
# Holds for Atmosphere v37. Sources: `core/models/instance.py`, `core/models/instance_history.py`, `service/monitoring.py`,
# `service/tasks/driver.py`, `scripts/print_broken_instances.py`.
