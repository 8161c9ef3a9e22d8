# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Show a workflow
#
# You see the steps of one Argo workflow, and the last lines of the failed step's log.

# %% [markdown]
# ## When to use
#
# A workflow runs or failed, and you want to know how far it got.
#
# **Not for** [finding its name](find_workflows.py) or [its full output](show_workflow_logs.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ARGO_URL`, and an account in `~/.kube/config` that can get workflows, list pods and get their logs.
# - [ ] The workflow's name, such as `ansible-deploy-7w2kq`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
name: str = ""  # Required. The workflow's name.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("show_workflow", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - Each playbook is a step. *(0)*, *(1)* … after its name are its attempts. A step fails with its last attempt.
# - *address now*: the instance's address changed. Redeploy the instance: a rerun would change another machine.
# - *Running* for over 25 minutes: Atmosphere gives up and its next attempt submits another workflow.
# - A deleted workflow has only saved logs. The last file is the playbook that it reached.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow` | wrong name, or deleted without saved logs | [Find workflows](find_workflows.py) |
# | `steps` under *Missing* | Argo keeps them in its own database | run `argo get -n argo NAME` |
# | `cannot get resource "pods/log"` | no right to read logs | ask the cluster's administrators |
#
# Send: the workflow's name, the failed step with its last lines, the instance's UUID.

# %% [markdown]
# ## Background
#
# [Three levels retry](../concepts/deployment.md#retries): Ansible, Argo and Celery. After three attempts of 25
# minutes, Atmosphere writes *deploy_error*. Abandoned workflows continue.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide reads the complete workflow as YAML.
#     - It does not compare addresses before a rerun.
#
# For Atmosphere v37, Troposphere v36. Sources: `service/argo`, `service/tasks/driver.py` of Atmosphere, the status of
# workflows in Argo Workflows.
