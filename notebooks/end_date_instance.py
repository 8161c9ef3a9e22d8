# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # End-date an instance
#
# An instance that its cloud no longer has is ended in Atmosphere.

# %% [markdown]
# ## When to use
#
# Nova has no such server, but the web interface still shows the instance, and it counts against quota and allocation.
# [Check the instances](check_instances.py) lists all such instances of a provider.
#
# **Not for** a running instance: its owner deletes it in the web interface.

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_CLOUDS` with an administrator's account: Nova hides other projects' servers from all others.
# - [ ] 15 minutes have passed since the deletion. On an active provider, Atmosphere's monitor then ends the instance.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias).
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("end_date_instance", globals())

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The plan ends the instance and each row of its history without an end.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# Nova is asked again under the locks.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The instance disappears from its owner's project after a reload.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The rows are open again. On an active provider, Atmosphere's monitor then ends them.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `still exists` | Nova has the server, perhaps in *ERROR* or *SOFT_DELETED* | its owner deletes it; or delete it in Nova |
# | `has none of the latest 5 instances` | `RUNBOOK_CLOUDS` names another cloud or region for the provider | correct `clouds.yaml` |
# | `has no cloud configured` | the provider is not in `RUNBOOK_CLOUDS` | add it; for a cloud that is gone for ever, ask the support team |
# | `rejected the request to list hypervisors` | not an administrator's account | change it in `clouds.yaml` |
# | the instance is back after 15 minutes | the monitor found the server in Nova and removed the end | triage it: [Triage an instance](triage_instance.py) |
#
# Send: the instance's UUID, and when and how it was deleted.

# %% [markdown]
# ## Background
#
# The two tables are `instance` and `instance_status_history`. Upstream's `end_date_all` writes the same two columns and
# no others: volumes, projects and allocation sources stay as they are.
#
# The time until the end counts as used if the last status is *active*, as when the monitor ends an instance.
#
# Every 15 minutes, `monitor_instances_for` ends what Nova no longer lists, by identity. It skips:
#
# - an inactive provider;
# - an instance without `created_by_identity`;
# - an identity whose `ex_project_name` is not the name of the project.
#
# The monitor also removes the end of an instance that Nova still lists. So a wrong end does not last on an active
# provider.
#
# !!! info "How this differs from the staff guide"
#
#     The guide has no such procedure. Upstream offers only `monitor_instances_for` and the Django shell.
#
# Applies to Atmosphere v35 to v37. Sources: `core/models/instance.py:327-348` and `:760-771`,
# `service/monitoring.py:164-219`, `service/tasks/monitoring.py:632-682`.
