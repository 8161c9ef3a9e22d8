# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # List providers
#
# You see how many instances each provider has.

# %% [markdown]
# ## When to use
#
# You plan the capacity of a provider.
#
# **Not for** one user: [show the account](show_account.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("list_providers", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# A provider without instances is not listed. [Our console](../tools/acme-console.md) shows the capacity.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `cannot be reached` | unresponsive database | run `runbook doctor` |

# %% [markdown]
# ## Background
#
# Instances that ended have an end date. Source: `core/models/instance.py` of Atmosphere.
