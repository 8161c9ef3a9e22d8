# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Check the instances of a provider
#
# You see each instance that Atmosphere and Nova record differently, and what to do about it.

# %% [markdown]
# ## When to use
#
# Users see instances that no longer exist, a quota is used up without instances, or a cloud was repaired.
#
# **Not for** one instance: [Triage an instance](triage_instance.py). **Not for** instances that hang: [List stuck
# instances](list_stuck_instances.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_CLOUDS` with an administrator's account, to list the servers of all projects.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
provider_id: int = 0  # Required. The provider whose instances are compared.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("check_instances", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *gone from the cloud*: runs in Atmosphere, and Nova has no such server. [End-date it](end_date_instance.py).
# - *not confirmed*: Nova's list lacks it, and it was not looked up on its own. Nova omits the servers of a cell that is
#   down. At most 40 are looked up. End some, then check again.
# - *ended, but in the cloud*: it uses resources, and nobody sees it. Atmosphere's monitor removes the end if it finds
#   the server's project.
# - *unknown to Atmosphere*: launched outside Atmosphere, or a left-over of a failed launch or of an image's validation.
#   Find its project before you delete it.
# - *status differs*: Atmosphere reads a status when someone opens the instance's page, or every 15 minutes. *recorded
#   as* shows the status that Atmosphere records for Nova's status and task.
# - *since* is when the state in Atmosphere began; for an unknown server, when it was made.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | every instance is *gone* | another cloud or region in `clouds.yaml` | correct it; end nothing |
# | `rejected the request to list servers` | not an administrator's account | change it in `clouds.yaml` |
# | `has no cloud configured` | the provider is not in `RUNBOOK_CLOUDS` | add it |
# | `it did not respond within 60 s` | Nova is slow, or has some ten thousand servers | try again at a quiet time |
#
# Send: the provider, and how many instances differ.

# %% [markdown]
# ## Background
#
# The inspection reads at most 10,000 instances that have not ended, the latest first, and all servers of the provider,
# 200 per response.
#
# Atmosphere's own comparison is `monitor_instances_for`, every 15 minutes, for active providers only.
#
# !!! info "How this differs from the staff guide"
#
#     The guide has no such procedure.
#
# Applies to Atmosphere v35 to v37. Sources: `service/monitoring.py:164-219`, `service/tasks/monitoring.py:632-682`,
# `core/models/instance.py:615-695`.
