# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Resubmit a deployment workflow
#
# A deployment's playbooks run again in a new workflow with the old spec, parameters and labels.

# %% [markdown]
# ## When to use
#
# The deployment of a healthy instance failed in Argo, and the cause is gone: a package mirror, a lock, a full disk.
#
# **Not for** [an instance whose status must become *active*, or whose address changed](redeploy_instance.py). **Not
# for** a running workflow: wait, or end it with `argo terminate`.

# %% [markdown]
# ## Before you start
#
# - [ ] You have found the workflow and fixed the cause of its failure.
# - [ ] `RUNBOOK_ARGO_URL` is the cluster's address. Its kubeconfig context has Argo's namespace and an account that
#   can get, list, create and delete workflows. `runbook doctor` checks this.
#
# `argo` after `-n` is the namespace:
#
# ```sh
# argo list -n argo --status Failed --since 2h
# argo list -n argo -l instance_uuid=00000000-0000-0000-0000-000000000000
# argo list -n argo -l username=joetest
# argo get -n argo ansible-deploy-7w2kq -o yaml
# argo logs -n argo ansible-deploy-7w2kq
# kubectl get workflows.argoproj.io -n argo -l instance_uuid=00000000-0000-0000-0000-000000000000
# kubectl logs -n argo -l workflows.argoproj.io/workflow=ansible-deploy-7w2kq -c main --prefix
# ```
#
# `logs -f` follows the output.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
name: str = ""  # Required. The workflow's name. It must have ended.
beside_running: bool = False  # Resubmit even if another workflow of the same instance has not ended: two then work on it at once.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why; recorded in the journal. Required to apply.
undo: bool = False  # Undo immediately what this notebook applied, as a rehearsal on real systems.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("resubmit_workflow", globals())

# %% [markdown] tags=["repl"]
# ## With the Argo command
#
# Only if the runbook can't reach the cluster: no plan, record, undo or check of the address.
#
# ```sh
# argo list -n argo -l instance_uuid=00000000-0000-0000-0000-000000000000 --running
# argo resubmit -n argo ansible-deploy-7w2kq
# ```

# %% [markdown]
# ## Steps
#
# ### 1. Read the plan
#
# The plan names the new workflow; its `spec` is a digest. Check the address and the user in the notes.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "All playbooks run again, at once"
#
#     Undo does not revert their changes on the instance.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# Only the submission is verified. Run `argo get` after 5 and 25 minutes: its status must be *Succeeded*.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# Undo deletes an unfinished new workflow with its pods. A finished one stays, as a record.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow x in namespace argo` | misspelled, or deleted by Argo | list the instance's workflows, or redeploy |
# | `has not ended: it is Running` | it still runs | wait, or `argo terminate` |
# | `another workflow of this instance has not ended` | Atmosphere retries with new workflows | wait, end the older one, or set `beside_running=True` |
# | `has the address` | the instance got another address | redeploy it |
# | `no live instance of x has the address` | it ended; another instance might have the address | nothing |
# | `kubeconfig has no context for` | no account for this cluster | add it |
# | `HTTP 403` | a missing permission | ask the cluster's operators; the message has a test |
# | `in kubeconfig (HTTP 401)` | the token or certificate expired | renew it in kubeconfig |
# | *not yet processed by Argo's controller* for minutes | the controller is down | ask the cluster's operators |
#
# Send: both workflows' names, the instance's uuid, the output of `argo logs`.

# %% [markdown]
# ## Background
#
# Atmosphere follows only [its own workflow](../concepts/deployment.md#workflow). So the status, such as
# `deploy_error`, stays until you redeploy or reboot the instance, and no log reaches `logs/atmosphere_deploy.d`.
#
# The new name derives from the old one, so a simultaneous run finds it, as does a run whose response was lost.
#
# Without labels (before v37-3), or for user names with `@` or `+`, the parameters `server-ip` and `user` are
# compared.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide resubmits without a check for other workflows or the address. Another instance can have the address
#       by now: the playbooks would create this user there.
#     - The guide omits that Atmosphere ignores the new workflow.
#     - Run labels are dropped, as by `argo resubmit`: Argo never runs a workflow labeled `completed`.
#
# For Atmosphere v37 and Argo Workflows with `v1alpha1`. Sources: `service/argo`, `service/tasks/driver.py`;
# `workflow/util/util.go` of Argo Workflows.
