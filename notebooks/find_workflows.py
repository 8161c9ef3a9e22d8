# %% [markdown]
# # Find workflows
#
# The Argo workflows that deployed an instance, or all of a user's, are listed with the step that failed.

# %% [markdown]
# ## When to use
#
# An instance is stuck in *deploying* or ended in *deploy_error*, and you need the name of its workflow or of its logs.
#
# **Not for** what a single workflow did: [Show a workflow](show_workflow.py). **Not for** the steps before and after the
# playbooks: [Find Celery tasks](find_celery_tasks.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ARGO_URL`, and an account for it in `~/.kube/config` that may list workflows and pods.
# - [ ] `RUNBOOK_LOG_DIR` for what Argo has deleted, `RUNBOOK_ATMOSPHERE_DB` for workflows without labels. What is missing is
#   said.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # The instance's UUID (Atmosphere calls it the alias).
username: str = ""  # The username, exactly as the user logs in. Only workflows of this user's instances.
status: str = "any"  # Only workflows in this phase. One of: any, Pending, Running, Succeeded, Failed, Error.
since_hours: int = 0  # Only workflows submitted in the last so many hours; 0: all.

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
# - *Failed*: a step ended badly at its last try. *Error*: Argo itself could not go on. *Pending* and *not yet seen*: nothing
#   was begun.
# - *Found by parameter*: the workflow has no labels, and was found by its address and its user. An address goes to another
#   instance when its own ends; what is older than the instance is left out.
# - Several of one instance that have not ended: Atmosphere's task was tried again, and each try submits another workflow.
# - *Saved logs* are what Atmosphere fetched after a workflow's end. A row without a workflow above it is all that is left.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `HTTP 403`, `cannot list resource "workflows"` | the account has no right to look | ask for it: `kubectl auth can-i list workflows.argoproj.io -n argo` |
# | `kubeconfig has no context for` | the account is another cluster's | add cluster, user and context |
# | nothing is found | Argo deletes old workflows, and none was submitted since | [Find Celery tasks](find_celery_tasks.py) |
#
# Send: the instance's uuid, the user name.

# %% [markdown]
# ## Background
#
# Atmosphere v37-3 and later put two labels on a workflow, `instance_uuid` and `username`. Releases before it gave it
# only parameters, among them `server-ip` and `user`. A name with `@` or `+` can't be the value of a label; such a user's
# workflows are found by the parameter. The cluster is asked for the label's workflows and for those without the label, and
# not for all.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's `argo list -l username=…` finds nothing for a name with `@` or `+`, and nothing older than v37-3.
#     - For older releases it sends you through every workflow by hand; here address and user are compared.
#     - It does not say that Atmosphere's own retries leave several workflows at work on one instance.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `service/argo` of Atmosphere, the labels and selectors of
# Kubernetes, the controller of Argo Workflows.
