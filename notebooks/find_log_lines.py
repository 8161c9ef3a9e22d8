# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Find log lines
#
# You see the log entries of all systems about a text or a time, in order of time.

# %% [markdown]
# ## When to use
#
# You have the time of a failure, an instance or imaging request is stuck, or someone asks who did what.
#
# **Not for** [the diagnosis of one instance](triage_instance.py) or [a running workflow, whose logs are not saved
# yet](show_workflow_logs.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_LOG_DIR`: the parent of the logs' folders; `/` on Atmosphere's host. Add Atmosphere's `TIME_ZONE` if
#   it is not `America/Phoenix`: `RUNBOOK_LOG_DIR=/srv/logs,zone=America/Denver`.
# - [ ] A text such as a UUID, a time, or both. Times have a UTC offset: `2026-01-15T04:10-07:00` is 4:10 in Arizona.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
text: str = ""  # Text in the entry, or in the path of a deployment's file: taken literally, in upper or lower case.
when: str = ""  # Optional. The middle of the time to search; without it, the search covers all days that are kept. Example: 2026-01-15T04:10-07:00
minutes: int = 60  # How many minutes to search before and after it.
system: str = "all"  # The system that wrote the log. One of: all, atmosphere, celery, troposphere, argo.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("find_log_lines", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - A file's name precedes its entries, each with its time in UTC, line number and traceback. `(masked)` replaces a
#   likely secret.
# - *in 5 of 58 files*: 5 have matching entries. With `when`, only files that can contain the time are searched, and
#   one more on each side.
# - An entry with two times is from the hour that occurs twice when clocks are set back.
# - `fatal: [ADDRESS]: UNREACHABLE!`, `result 4`: SSH did not respond. `FAILED!`, `result 2`: a task failed.
# - *older files are deleted*: see [rotation](../tools/logs.md#rotation).

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `the logs are not configured` | `RUNBOOK_LOG_DIR` is not set | set it |
# | `the folder of the logs cannot be reached` | the folder is missing or not readable | check it; on the host, use `sudo` |
# | `no logs found` under *Missing* | an unknown layout | compare [the folders](../tools/logs.md#folders) |
# | times are hours off | Atmosphere has another time zone | add `,zone=…` to `RUNBOOK_LOG_DIR` |
# | `the gzip file is incomplete` | interrupted rotation | use the entries before the damage |
#
# Send: the text, the time with its UTC offset.

# %% [markdown]
# ## Background
#
# The procedure reads [these files](../tools/logs.md) in small parts and ignores links out of the folder.
#
# Lines of deployments do not name the instance. Their path has its UUID, so paths are searched too.
#
# !!! info "How this differs from the staff guide"
#
#     - Its `tail -f` and `grep` on one file miss rotated and compressed files, and split tracebacks.
#     - It searches `atmosphere_deploy.log` for failed deployments. Since v37, they are in `atmosphere_deploy.d`.
#
# For Atmosphere v37, Troposphere v36. Sources: `atmosphere/settings/__init__.py`, `extras/logrotate.*`,
# `core/core_logging.py`, `service/argo` of Atmosphere; `troposphere/settings/default.py`.
