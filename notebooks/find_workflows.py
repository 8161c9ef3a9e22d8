# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Find workflows
#
# You see the Argo workflows of an instance or user, with their failed steps.

# %% [markdown]
# ## When to use
#
# An instance is stuck in *deploying* or ended in *deploy_error*, and you need its workflow's name or logs.
#
# **Not for** [one workflow](show_workflow.py) or [the steps before and after the playbooks](find_celery_tasks.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ARGO_URL`, and an account in `~/.kube/config` that can list workflows and pods.
# - [ ] `RUNBOOK_LOG_DIR` for deleted workflows, `RUNBOOK_ATMOSPHERE_DB` for those without labels.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # The instance's UUID (Atmosphere calls it the alias).
username: str = ""  # The username, exactly as the user logs in. Only workflows of this user's instances.
status: str = "any"  # Only workflows in this phase. One of: any, Pending, Running, Succeeded, Failed, Error.
since_hours: int = 0  # Only workflows submitted in this many hours before now; 0: all.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("find_workflows", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *Failed*: a step's last attempt failed. *Error*: Argo itself failed. *Pending*, *not yet processed*: nothing
#   began.
# - *found by*: without labels, the address and the user identify a workflow. Addresses are reused, so workflows older
#   than the instance are left out.
# - Several unfinished workflows of one instance: each of Atmosphere's attempts submits another.
# - *Saved logs*: Atmosphere saves them when a workflow ends. Without a workflow above, they are all that remains.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `HTTP 403`, `cannot list resource "workflows"` | missing right | check and request it: `kubectl auth can-i list workflows.argoproj.io -n argo` |
# | `kubeconfig has no context for` | another cluster's account | add cluster, user and context |
# | no workflow, no saved logs | none was submitted, or Argo deleted it | [Find Celery tasks](find_celery_tasks.py) |
#
# Send: the instance's UUID, the username.

# %% [markdown]
# ## Background
#
# Since v37-3, workflows have the labels `instance_uuid` and `username`. Before, they had only parameters such as
# `server-ip` and `user`. Labels can't contain `@` or `+`. The procedure reads both.
#
# !!! info "How this differs from the staff guide"
#
#     - Its `argo list -l username=…` misses names with `@` or `+`, and workflows before v37-3. For those, you read
#       every workflow.
#     - It omits that retries leave several workflows on one instance.
#
# For Atmosphere v37, Troposphere v36. Sources: `service/argo` of Atmosphere, the labels and selectors of Kubernetes,
# the controller of Argo Workflows.
