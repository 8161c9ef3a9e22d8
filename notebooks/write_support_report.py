# %% [markdown]
# # Write a support report
#
# The message to the support team about an instance or an imaging request is filled in from all sources, ready to paste.

# %% [markdown]
# ## When to use
#
# What the pages say has not helped, and the support team or the cloud's administrators have to be asked.
#
# **Not for** finding the next step yourself: [Triage an instance](triage_instance.py),
# [Triage an imaging request](triage_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] The instance's uuid, or the number of the imaging request; one of the two.
# - [ ] What you have of `RUNBOOK_ATMOSPHERE_DB`, `RUNBOOK_CLOUDS`, `RUNBOOK_FLOWER_URL`, `RUNBOOK_ARGO_URL` and
#   `RUNBOOK_LOG_DIR`. What is missing is marked in the message.
# - [ ] Note what you tried, and when: no system knows that.

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
# - *Message for support* is the text to send. It has every line that the staff guide asks for at least.
# - *(MISSING: …)*: no source told it; where to find it stands there.
# - *(ADD: …)*: only you know it.
# - A line that begins with *-* is what triage found. *not known* is a source that did not tell, and why.
# - *(masked)*: something that looked like a password, a token or a key.
# - *none: Nova has no fault for it*: only an instance in *error* has one.
# - *Its lines* has the same as a table; `--json` gives it to programs.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `give either instance_id or request_id` | none or both were given | give one |
# | `there is no instance` | the uuid is not the alias | copy the alias from the instance's page |
# | many lines are *MISSING* | the database was not reached | see *Missing* below the message |
#
# Send: what you have, on the form of [Contacting support](../tools/support.md).

# %% [markdown]
# ## Background
#
# The same is read as by the two triage pages, at once. Tracebacks are cut at 1,200 characters; the whole ones are there.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has the lists filled in by hand, from five places. Lines are easily left out then.
#     - The guide's list for instances has no place for what the other systems say; here it follows the notes.
#     - The guide has the traceback pasted as it is. Tokens and passwords can stand in one.
#
# Holds for Atmosphere v37. Source: the staff guide, *Contacting the Atmosphere Team* and *Making contact with the Atmosphere
# Support Team*.
