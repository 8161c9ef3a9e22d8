# %% [markdown]
# # Find log lines
#
# Everything that the logs of Atmosphere, Celery, Troposphere and Argo's deployments say of a text, of an hour, or of both
# stands in one row, in the order of time, tracebacks whole and secrets masked.

# %% [markdown]
# ## When to use
#
# A user tells what failed and about when, an instance or an imaging request stands still, or somebody asks who did what.
#
# **Not for** a whole diagnosis of one instance: [the stuck instance](../tools/stuck-instance.md) is the way. **Not for**
# a workflow that still runs: its output is saved after its end, see [Argo](../tools/argo.md).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_LOG_DIR` is set: the folder above the logs' folders, or `/` on Atmosphere's own host.
# - [ ] If Atmosphere's `TIME_ZONE` is not `America/Phoenix`, it says so: `RUNBOOK_LOG_DIR=/srv/logs,zone=America/Denver`.
# - [ ] The user's time has its offset from UTC: `2026-01-15T04:10-07:00` for ten past four in Arizona.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
text: str = ""  # What the entry, or the path of a deployment's file, holds: taken literally, upper and lower case alike.
when: str = ""  # Optional. The middle of the time that is searched; not given means all days that are kept. Example: 2026-01-15T04:10-07:00
minutes: int = 60  # How many minutes before and after it.
system: str = "all"  # Whose logs. One of: all, atmosphere, celery, troposphere, argo.

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
# - *in 5 of 60 files*: only files that can hold the time are opened. A rotated file's date is the host's, so one more on
#   each side is read.
# - An entry with two times is of the hour that comes twice when clocks are set back: the line does not say which.
# - `fatal: [ADDRESS]: UNREACHABLE!` and `result 4`: SSH did not answer. `FAILED!` and `result 2`: a task failed.
# - `(masked)`: what looked like a token or a password. The line's place is told, for whoever may see it.
# - *Nothing older is kept*: the hour is gone. Atmosphere's own log is kept for 10 days, its parts for 4, mails for 2.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there are no logs to read` | `RUNBOOK_LOG_DIR` is not set | set it to the folder above the logs' folders |
# | `the folder of the logs cannot be reached` | it is not there, or not for you | check it; on the host, use `sudo` |
# | `there are no logs of it` under *Missing* | another layout than those known | see [Logs](../tools/logs.md) for the folders |
# | everything is hours off | the sites write another zone | add `,zone=…` to `RUNBOOK_LOG_DIR` |
# | `the gzip file is cut off` | the rotation was broken off | what is before the damage was searched |
#
# Send: the text, the time with its zone.

# %% [markdown]
# ## Background
#
# Each file is read as a stream, a few lines at a time. Links out of the folder are not followed, and nothing is written.
# Files, forms and rotation: [Logs](../tools/logs.md).
#
# A deployment's saved lines name no instance: its id stands in the path, so the path is searched too.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has `tail -f` and `grep` on one file. They miss rotated and packed files, and cut tracebacks apart.
#     - It looks for a failed deployment in `atmosphere_deploy.log`; since v37 its output is saved under `atmosphere_deploy.d`.
#     - It names `atmosphere_libcloud.log`, which does not exist: the file is `libcloud.log`, where the site asks for it.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `atmosphere/settings/__init__.py`, `extras/logrotate.*`,
# `core/core_logging.py`, `service/argo` of Atmosphere; `troposphere/settings/default.py` of Troposphere.
