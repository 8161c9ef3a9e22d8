# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Show an account
#
# You see one user's account, quotas, compute hours, instances and requests on all sites and clouds.

# %% [markdown]
# ## When to use
#
# A user can't log in or launch, or has no hours left, or you plan a change.
#
# **Not for** [all staff](list_staff.py) or [a broken instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; read-only access is enough.
# - [ ] An administrator's account in `clouds.yaml`, for OpenStack's figures.
# - [ ] The case-sensitive username.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
username: str = ""  # Required. The username, exactly as the user logs in.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("show_account", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# - *no account*: no login there yet.
# - *disabled*: the account is not active, or end-dated. It keeps its instances and quotas, but can't act.
# - *Emulation of the account*: the obstacles for a superuser. Troposphere fails silently: you stay logged in as
#   yourself.
# - *quota* is Atmosphere's; *limit in OpenStack* applies to launches. If they differ, someone changed only one. *no
#   limit*: the value is empty or negative, or 0 for storage and volumes.
# - *used in OpenStack* is the project's, *used in the database* that of Atmosphere's instances; changes outside
#   Atmosphere differ. *shelved_offloaded* instances use no CPUs and no memory.
# - *used up*: the next launch or volume fails. OpenStack's figure counts, if there is one.
# - *left, h*: shared by all users of the allocation source. A negative allowance is unlimited.
# - *renews*: the use restarts at 0 with the hours shown, so raises end. *due since* for over 15 minutes: Celery's
#   periodic worker does not run.
# - An empty *charged to*: no allocation source is charged.
# - *used* can count from another source's renewal: Atmosphere v37 keeps the first source's date for the others of its
#   batch (`cyverse_allocation/tasks.py:70-72`).
# - *has credentials*: required to use that cloud.
# - *Open requests*: failed imaging keeps its status; the text shows the failure.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no user` | misspelled, or never logged in | try the similar names in the message |
# | `cannot be reached` under *Missing* | unresponsive database or cloud | run `runbook doctor` |
# | `rejected the request` under *Missing* | not an administrator's account | change it in `clouds.yaml` |
# | *no project has the username as its name* | an unfinished account, or other project names | compare `ex_project_name` in the cloud |
#
# Send: the username, what the user sees.

# %% [markdown]
# ## Background
#
# Only Atmosphere's API sends quotas to OpenStack. More: [Quota and allocation](../concepts/quota-and-allocation.md),
# [Emulation](../tools/emulation.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide uses a separate admin page for each table.
#     - Its quota and allocation fields of memberships are gone. Identities have quotas, allocation sources have
#       hours.
#     - It says that [staff can emulate](../tools/emulation.md#differs-emulation-superuser).
#
# For Atmosphere v37, Troposphere v36. Sources: `core/models/{identity,quota,allocation_source}.py`,
# `cyverse_rules_engine_setup.py`, `service/quota.py`, `api/v1/views/token.py` of Atmosphere; `troposphere/urls.py`,
# `emulation.py`.
