# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Find an object
#
# You see what a UUID, a name, an address or a number is, and the command that continues with it.

# %% [markdown]
# ## When to use
#
# A ticket or a log has an identifier, and nobody says of what.
#
# **Not for** an error message: [Known messages](../reference/messages.md).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_CLOUDS` with an administrator's account, to search the servers of all projects.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
text: str = ""  # Required. A UUID in any form, a name or a part of one, an email address, an IP address, a number, or a page's address.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("find_object", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *in*: the database or the cloud. An instance and its server have the same UUID.
# - *id*: the key of the row, then what procedures take, such as the alias.
# - *state*: of an instance, the status that Atmosphere recorded. *ended* means that its end date has passed.
# - A number fits one object of each kind. The words around it in the ticket decide.
# - Names are compared without regard to case, but only whole ones count first. Without one, you see the names that
#   contain the text.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no object` | no source that responded has it | check *did not respond*; look for it in the logs: [Find log lines](find_log_lines.py) |
# | the UUID of a network, port, volume snapshot or OpenStack project | Neutron, Cinder and Keystone are not asked | `openstack network show`, `port show`, `project show` |
# | too many rows | the text is short | give more of the name |
#
# Send: the identifier, and where it was found.

# %% [markdown]
# ## Background
#
# Each kind of object is one statement, and returns at most 20 rows. Users, instances, volumes, applications, versions,
# machines, providers, identities, requests, allocation sources, maintenance records, quotas, projects and sizes are
# searched. On Troposphere, users and maintenance records.
#
# A UUID can be in upper case, without dashes or in braces. Of a page's address, the last number or UUID counts.
#
# !!! info "How this differs from the staff guide"
#
#     The guide has no such procedure. Upstream's `manage.py find_uuid` compares exactly, and shows only one row of the
#     first kind that matches.
#
# Applies to Atmosphere v35 to v37. Sources: `core/management/commands/find_uuid.py`, `core/models/`.
