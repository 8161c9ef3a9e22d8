# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Show the logs of a workflow
#
# You see the output of one workflow's playbooks, step by step, even while it runs.

# %% [markdown]
# ## When to use
#
# You want to read a deployment's output, or watch it with `follow=True`.
#
# **Not for** [the sites' other logs](find_log_lines.py) or [an overview](show_workflow.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ARGO_URL`, and an account in `~/.kube/config` that can list pods and get their logs.
# - [ ] `RUNBOOK_LOG_DIR`, if Argo deleted the workflow.
# - [ ] The workflow's name, such as `ansible-deploy-7w2kq`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
name: str = ""  # Required. The workflow's name.
step: str = ""  # Only steps with this text in their name, such as 05-setup-packages; empty: all.
last_lines: int = 200  # How many last lines of each pod to show, 1 to 5000.
follow: bool = False  # Follow the output while it runs, until it ends or you press Ctrl-C.
wait_minutes: int = 10  # How long to follow at most, in minutes, 1 to 120.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("show_workflow_logs", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - `fatal: … FAILED!` follows the task that stopped the playbook; the reason is after `=>`. `UNREACHABLE!`: SSH did
#   not respond.
# - Times are UTC. Likely passwords are masked, and terminal colors removed.
# - `INSTANCE_ID` in a command: the instance is in the output of [Show a workflow](show_workflow.py).

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow` | deleted, without saved logs | [Find workflows](find_workflows.py) |
# | no pods | some clusters delete ended pods | set `RUNBOOK_LOG_DIR` for the saved logs |
# | `cannot get resource "pods/log"` | no right to read logs | ask the cluster's administrators |
#
# Send: the workflow's name, the lines around `fatal:`, the instance's UUID.

# %% [markdown]
# ## Background
#
# Each step has a pod, whose [container `main`](../tools/argo.md) runs the playbook. `follow=True` polls all pods,
# even new ones, and shows each line once.
#
# Atmosphere saves logs when the workflow ends, unless it stopped waiting. They are under
# `atmosphere_deploy.d/USERNAME/UUID/DATE`, in local time: one file per playbook, and one with the workflow's name.
# They are never rotated.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide's `argo logs` and `kubectl logs` don't read saved files. Here, the workflow's name finds both.
#     - Its `-f` never ends. `wait_minutes` limits `follow=True`.
#
# For Atmosphere v37, Troposphere v36. Sources: `service/argo` of Atmosphere, the logs of pods in Kubernetes.
