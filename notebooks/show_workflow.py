# %% [markdown]
# # Show a workflow
#
# The steps of one Argo workflow are shown, and what the step that failed wrote last.

# %% [markdown]
# ## When to use
#
# You have a workflow's name and want to know how far it came and why it failed.
#
# **Not for** finding the name: [Find workflows](find_workflows.py). **Not for** the whole output:
# [Show the logs of a workflow](show_workflow_logs.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ARGO_URL`, and an account for it in `~/.kube/config` that may get workflows, list pods and get their logs.
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
# - Each playbook is a step, and may be tried several times: *(0)*, *(1)* … stand behind its name. A step has failed when its
#   last try has.
# - *Address now*: the instance has another address than the workflow deploys to. Redeploy the instance then; running the
#   workflow again would work on somebody else's machine.
# - *Running* for more than 25 minutes: Atmosphere has stopped waiting for it, and its next try submits another one.
# - A workflow that Argo has deleted is told by its saved logs alone: the playbook it came to is the last that left a file.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow` | the name is another, or Argo deleted it and nothing was saved | [Find workflows](find_workflows.py) |
# | `steps` under *Missing* | Argo keeps the steps in a database of its own | `argo get -n argo NAME` |
# | `cannot get resource "pods/log"` | the account may not read logs | ask those who run the cluster |
#
# Send: the workflow's name, the failed step with its last lines, the instance's uuid.

# %% [markdown]
# ## Background
#
# Three things try again: Ansible some of its tasks, Argo a step, and Celery the whole, with a new workflow. Atmosphere
# waits for a workflow 25 minutes, twice more after that, and then writes *deploy_error*. The workflow that it gave up goes
# on to its end.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide reads the whole object as YAML; here are the steps and the last lines of the failed one.
#     - It compares no addresses before a workflow is run again.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `service/argo` and `service/tasks/driver.py` of Atmosphere, the
# status of workflows in Argo Workflows.
