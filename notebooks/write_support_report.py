# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Write a support report
#
# You get a message for the support team, filled in from all sources.

# %% [markdown]
# ## When to use
#
# You contact the support team or the cloud's administrators.
#
# **Not for** finding the next step: [Triage an instance](triage_instance.py), [Triage an imaging
# request](triage_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] Either the instance's UUID or the imaging request's number.
# - [ ] Any of the systems above. The message marks missing facts.
# - [ ] Your notes: the steps that you tried, and when.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
instance_id: str = ""  # The instance's UUID (Atmosphere calls it the alias).
request_id: int = 0  # Optional. The imaging request.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("write_support_report", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *Message for support* has the lines that the staff guide requires. *Lines of the message* is the same as a table,
#   for `--json`.
# - *(MISSING: …)*: the fact was not found; the text says where to find it.
# - *(ADD: …)*: add your own notes.
# - Lines with *-* are results of the triage. *unknown* names an unresponsive source and the reason.
# - *(masked)*: a likely password, token or key. Check for others before you send.
# - *none: Nova has no fault*: only instances in *error* have one.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `give either instance_id or request_id` | none or both were given | give one |
# | `there is no instance` | not an alias | copy the alias from the instance's page |
# | many lines are *MISSING* | the database did not respond | see *Missing* below the message |
#
# Send: the facts that you have, in the form of [Contact support](../tools/support.md).

# %% [markdown]
# ## Background
#
# The triage pages show complete tracebacks; the message ends each at 1,200 characters.
#
# !!! info "How this differs from the staff guide"
#
#     - You fill in the guide's lists from five places, and can omit lines.
#     - Its list for instances lacks the facts of Celery, Argo and the logs.
#     - You paste the traceback unmasked, with any tokens and passwords.
#
# For Atmosphere v37. Source: the staff guide, *Contacting the Atmosphere Team* and *Making contact with the
# Atmosphere Support Team*.
