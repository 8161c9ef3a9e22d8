# %% [markdown]
# # Triage an instance
#
# What the database, Nova, Celery, Argo and the logs know of one instance is shown on one timeline, with a diagnosis and the
# next step.

# %% [markdown]
# ## When to use
#
# A user's instance does not become active, went to *error* or *deploy_error*, or behaves oddly, and you have its uuid.
#
# **Not for** several instances at once: [List stuck instances](list_stuck_instances.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The instance's uuid: its page in the web interface shows it as *Alias*.
# - [ ] What you have of `RUNBOOK_ATMOSPHERE_DB`, `RUNBOOK_CLOUDS`, `RUNBOOK_FLOWER_URL`, `RUNBOOK_ARGO_URL` and
#   `RUNBOOK_LOG_DIR`. Each may be missing: the answer then says what is not known.
# - [ ] An account with the admin role in `clouds.yaml`: only administrators see the details of a fault.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # Required. The instance's UUID (Atmosphere calls it the alias).

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("triage_instance", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - The first sentence is the state, and for how long. *Past the guide's 20 minutes*: worth a check. *Past the limit of
#   Atmosphere's code*: nobody tries any more.
# - *Nova says*: the state in the cloud now. Where the database says something else, it is behind, and Nova is believed.
# - A diagnosis ends with its source in parentheses: `nova`, `database`, `celery`, `argo` or `logs`. The first counts most.
# - **Timeline**: one lane a source, time runs downwards, UTC. A bar is something that lasted, a dot a moment. A failure has a
#   thick outline, a diamond and the words *trouble:* before its text. The distances are not to scale: each event has a line.
# - *History in the database*: rows are written when somebody looks, or every 15 minutes; a state may have begun so much earlier.
# - *Nova's fault*: the one reason for *error*; Atmosphere's database never has it. *no details*: the account is no administrator.
# - *What Atmosphere kept*: the error of a deployment. *Test Error Message* and *Longer Error Traceback...* mean that Atmosphere
#   waited two hours for an instance or an address that was missing.
# - *RETRY* among the tasks: Celery tries it again by itself. *FAILURE*: it does not.
# - *Argo's workflows*: the failed step is the playbook whose last try failed. Each try of the task submits another workflow.
# - *Room in the cloud*, for *build* and *error*: an instance needs its memory on one hypervisor.
# - **Next** follows the staff guide from where you are: what was tried since the failure is left out.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no instance` | the uuid is not the alias, or the cloud was not asked | copy the alias from the instance's page |
# | `has no cloud configured` under *Missing* | `RUNBOOK_CLOUDS` does not name that provider | add it |
# | `it did not answer within` under *Missing* | that source is slow | ask again; see what `runbook doctor` says of it |
# | no workflow, though it was deployed | Argo has deleted it | its saved logs: [Find workflows](find_workflows.py) |
# | no task, though it was deployed | Flower forgets when it is restarted | the worker's log: [Find log lines](find_log_lines.py) |

# %% [markdown]
# ## Background
#
# The database is asked first, since it knows the cloud and the address; all others are asked at once, within 8 seconds.
# What is recognized in a fault, an exception or a log line is told by the rules of `runbook triage`.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide looks at one source after the other. Their times side by side show which failure came first.
#     - The guide reads the fault with `nova show`; the same stands here, with Nova's own list of what was asked of it.
#     - The guide starts again with *Redeploy* at each *deploy_error*. What was tried already is in the history, so the next
#       step is the one after it.
#     - The guide does not say that the database can be behind: an instance may be active in Nova and *deploying* in the
#       web interface.
#
# Holds for Atmosphere v37. Sources: `core/models/instance.py`, `core/models/instance_history.py`, `service/tasks/driver.py`,
# `service/argo`.
