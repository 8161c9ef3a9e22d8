# %% [markdown]
# # Show the logs of a workflow
#
# What the playbooks of one workflow wrote is shown, step by step, also while it runs.

# %% [markdown]
# ## When to use
#
# You want to read what a deployment did, or to watch one.
#
# **Not for** the other logs of the sites: [Find log lines](find_log_lines.py). **Not for** an overview:
# [Show a workflow](show_workflow.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ARGO_URL`, and an account for it in `~/.kube/config` that may list pods and get their logs.
# - [ ] `RUNBOOK_LOG_DIR` for a workflow that Argo has deleted.
# - [ ] The workflow's name, such as `ansible-deploy-7w2kq`.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
name: str = ""  # Required. The workflow's name.
step: str = ""  # Only steps with this in their name, such as 05-setup-packages; left out: all.
last_lines: int = 200  # The last lines of each pod, 1 to 5000.
follow: bool = False  # Go on while it runs, line by line, until it ends or Ctrl-C is pressed.
wait_minutes: int = 10  # How long to follow at most, 1 to 120.

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
# - `fatal: … FAILED!` is the task that stopped a playbook; what follows `=>` says why. `UNREACHABLE!` means that SSH did not
#   answer.
# - The moments are UTC. Likely passwords are masked, and the colours of the terminal taken out.
# - Saved logs are fetched when a workflow has ended. Of one that Atmosphere gave up waiting for there are none.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no workflow` | Argo deleted it, and nothing was saved | [Find workflows](find_workflows.py) of the instance |
# | no pods | Argo deletes the pods of what has ended, on some clusters | set `RUNBOOK_LOG_DIR` for the saved logs |
# | `cannot get resource "pods/log"` | the account may not read logs | ask those who run the cluster |
#
# Send: the workflow's name, the lines around `fatal:`, the instance's uuid.

# %% [markdown]
# ## Background
#
# A step runs in a pod of its own. Its container `main` runs the playbook, `wait` beside it is Argo's. Following asks all
# pods again and again, those that are made meanwhile too, and tells each line once.
#
# Atmosphere saves the logs to `atmosphere_deploy.d/USERNAME/UUID/DATE`, one file a playbook, and one that is named like the
# workflow. The folder's date is the site's local time. These files are never rotated.
#
# !!! info "How this differs from the staff guide"
#
#     - `argo logs` and `kubectl logs` end with what the cluster still has; the saved files are found here by the same name.
#     - The guide's `-f` never ends when nothing more comes; following here has a time limit.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `service/argo` of Atmosphere, the logs of pods in Kubernetes.
