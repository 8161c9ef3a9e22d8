# %% [markdown]
# # Show a workflow
#
# You see one Argo workflow's steps, and the failed step's last lines.

# %% [markdown]
# ## When to use
#
# You want to know how far a workflow came, or why it failed.
#
# **Not for** finding the name: [Find workflows](find_workflows.py). **Not for** its full output: [Show the logs of a
# workflow](show_workflow_logs.py).

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
# - *Address now*: the instance's address changed. Redeploy it: a rerun would change someone else's machine.
# - *Running* for over 25 minutes: Atmosphere's next attempt submits another workflow.
# - Deleted workflows have only saved logs. The last file is the playbook reached.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow` | wrong name, or deleted without saved logs | [Find workflows](find_workflows.py) |
# | `steps` under *Missing* | Argo keeps them in its own database | `argo get -n argo NAME` |
# | `cannot get resource "pods/log"` | no right to read logs | ask the cluster's administrators |
#
# Send: the workflow's name, the failed step with its last lines, the instance's UUID.

# %% [markdown]
# ## Background
#
# [Three levels retry](../concepts/deployment.md#retries): Ansible some tasks, Argo a step, Celery everything, in a new
# workflow. After three attempts of 25 minutes, Atmosphere writes *deploy_error*. Abandoned workflows run on to their
# end.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide reads the complete object as YAML.
#     - It does not compare addresses before a rerun.
#
# Applies to Atmosphere v37 and Troposphere v36. Sources: `service/argo`, `service/tasks/driver.py` of Atmosphere, the
# status of workflows in Argo Workflows.
