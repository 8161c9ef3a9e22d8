# %% [markdown]
# # Resubmit a deployment workflow
#
# A deployment's playbooks run again as a new workflow, with the spec, the parameters and the labels of the old one.

# %% [markdown]
# ## When to use
#
# A deployment failed in Argo for a reason that is gone now (a package mirror, a lock, a full disk), and the instance
# itself is well.
#
# **Not for** an instance whose status in Atmosphere has to follow, or whose address changed: redeploy it through
# Atmosphere, which makes a workflow of its own and watches it.
# **Not for** a workflow that still runs: wait for it, or end it with `argo terminate`.

# %% [markdown]
# ## Before you start
#
# - [ ] The workflow's name. The commands below find it.
# - [ ] You have read why it failed, and that is mended.
# - [ ] `RUNBOOK_ARGO_URL` is the cluster's address, and kubeconfig has a context for it, with Argo's namespace and an
#       account that may get, list, create and delete workflows. `runbook doctor` says whether it may.
# - [ ] `RUNBOOK_ATMOSPHERE_DB` is set, if at all possible: it tells whether the address is still this instance's.
#
# To find and read a workflow; `argo` here is the namespace:
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
# `-f` after `logs` follows what is being written. The container `main` runs the playbook; `wait` beside it is Argo's.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
name: str = ""  # Required. The workflow's name. It must have ended.
beside_running: bool = False  # Also when another workflow of the same instance has not ended: two would work on it at once.
apply: bool = False  # Make the changes; False only shows the plan.
reason: str = ""  # Why, in your words; kept in the journal. Needed to apply.
undo: bool = False  # Take back at once what this notebook applied: a rehearsal on the real thing.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("resubmit_workflow", globals())

# %% [markdown] tags=["repl"]
# ## With Argo's own command
#
# For sites where the runbook may not reach the cluster. No plan, no record, no undo, and nobody asks whether the address
# is still this instance's:
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
# The line names the new workflow; `spec` is a short mark of what it does. Read the notes:
# they say whose machine it works on.

# %%
run.plan()

# %% [markdown]
# ### 2. Apply it
#
# !!! warning "Playbooks start at once"
#
#     All of them run again, from the first. What one has done to the instance, undo does not take back.

# %%
run.apply()

# %% [markdown]
# ## Verify
#
# The new workflow is read back: it comes from the old one, and does the same. That it *succeeds* is not known yet: look
# after five minutes with `argo get`, and at the latest after 25.

# %%
run.verify()

# %% [markdown]
# ## Undo
#
# The new workflow is deleted with its pods, as long as it has not ended. One that has ended is left as it is: deleting it
# would only lose its record.

# %%
run.undo()

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow x in namespace argo` | a typing error, or Argo deleted it after its time | list the instance's workflows; or redeploy the instance |
# | `has not ended: it is Running` | it is still at work | wait; `argo terminate` ends it |
# | `another workflow of this instance has not ended` | Atmosphere retried, and each retry is a workflow | wait, or end the older one; `beside_running=True` goes ahead |
# | `has the address` | the instance got another address | redeploy the instance through Atmosphere |
# | `no live instance of x has the address` | the instance ended; somebody else may have the address | nothing: there is no instance to deploy |
# | `kubeconfig has no context for` | the account for this cluster is not there | add it; an account is never sent to another address |
# | `HTTP 403` | the account lacks a right | ask the cluster's operators; the message has the command that tests it |
# | `in kubeconfig (HTTP 401)` | the token or certificate has expired | renew it in kubeconfig |
# | the new workflow is *not yet processed by Argo's controller* for minutes | the controller does not run | ask the cluster's operators |
#
# Send: both workflows' names, the instance's uuid, the output of `argo logs`.

# %% [markdown]
# ## Background
#
# Atmosphere deploys an instance by a workflow with one step a playbook; its parameters are the instance's address and
# user. Three things try again: a task in a playbook, a step of the workflow, and Atmosphere's own task, which gives a
# deployment 25 minutes, tries twice more, and submits a **new** workflow each time while the old one goes on.
#
# A resubmission resets the playbooks only. Atmosphere watches the workflow that it submitted itself and no other: the
# status stays, such as `deploy_error`, until the instance is redeployed or rebooted, and the log is not fetched into
# `logs/atmosphere_deploy.d`. Read it with `argo logs`.
#
# The new name is chosen before it is sent, from the old workflow's identity: two people who resubmit one workflow at
# once get one name, and the second is told; an answer that was lost can be looked up.
#
# Labels are there from v37-3. For older workflows, and for user names that can't be a label's value (with `@` or `+`),
# the parameters `server-ip` and `user` are compared instead.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide resubmits without a check of what else runs for the instance, or of whose address it is by now. An
#       address goes to another instance when its own ends: the playbooks would make this user an account there.
#     - It does not say that Atmosphere takes no notice of the new workflow.
#     - The labels of the old run are left behind, as `argo resubmit` does: with `completed` on it, Argo would never look
#       at a workflow.
#
# Holds for Atmosphere v37 and any release of Argo Workflows that has workflows of `v1alpha1`. Sources: `service/argo`,
# `service/tasks/driver.py`; `workflow/util/util.go` of Argo Workflows.
