# %% [markdown]
# # Show an account
#
# Everything that both sites and the clouds know of one user is shown side by side.

# %% [markdown]
# ## When to use
#
# A user can't log in, can't launch, has no hours left, or you want to know what an account has before you change it.
#
# **Not for** who has rights at all: [List staff](list_staff.py). **Not for** one broken instance:
# [Triage an instance](triage_instance.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB` and `RUNBOOK_TROPOSPHERE_DB`; a role that may only read is enough.
# - [ ] With `RUNBOOK_CLOUDS` and an account with the admin role in `clouds.yaml`, what OpenStack counts. Without it the
#   quotas are shown beside what the database counts.
# - [ ] The user's name, exactly: upper and lower case count.

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
# - *no account* on a site: the user never logged in there.
# - *disabled*: not active, or end-dated. The account keeps everything it has and can't act.
# - *Can it be emulated*: whether a superuser could open the site as this user now, and what stands against it. Troposphere
#   itself says nothing of a refusal: you simply stay yourself.
# - *quota* is Atmosphere's, *limit in OpenStack* what counts at a launch. If they differ, somebody changed one alone.
#   *No limit*: empty or negative; for storage and volumes 0 too.
# - *used in OpenStack* is what the project named like the user uses; *used in the database* what Atmosphere knows to live.
#   The two differ when instances were made or deleted outside of Atmosphere. A *shelved_offloaded* instance gives its CPUs
#   and memory back.
# - *used up*: the next launch, or the next volume, is refused. By OpenStack's figure where there is one.
# - *left, h*: the hours of an allocation source for all its users together; a negative number allowed is no limit.
# - *renews*: when the hours used begin at 0 again, and what is then allowed. A raise lasts until then. *Due since*: the rule
#   runs when the sums are made, every 15 minutes; if it stays due, Celery's periodic worker does not run.
# - *charged to* is empty for an instance that is charged to nothing.
# - *has credentials*: without them an account on a cloud was never finished, and nothing is sent there. Their values are not
#   read.
# - *Open requests* that say something failed: an imaging request keeps its status when it fails.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `there is no user` | the name is misspelt, or the user never logged in | the message has names like it |
# | `cannot be reached` under *Missing* | that database or cloud does not answer | `runbook doctor` |
# | `refused` under *Missing* | the account in `clouds.yaml` is no administrator | give the entry one that is |
# | *no project is named like the user* | the account on that cloud was never finished, or the site names its projects otherwise | compare `ex_project_name` in the cloud |
#
# Send: the user's name, what the user sees.

# %% [markdown]
# ## Background
#
# A user has an *identity* on each cloud, with a quota that other identities may share, and may charge *allocation sources*,
# which others may charge too. Atmosphere pushes a quota to OpenStack only through its API; whoever changes the row alone
# leaves two truths. More: [Quota and allocation](../concepts/quota-and-allocation.md).
#
# The address that emulates is `/application/emulate/` and the name; it takes letters, digits, and between them single
# blanks, `_` and `-`. More: [Emulation](../tools/emulation.md).
#
# !!! info "How this differs from the staff guide"
#
#     - The guide has no page that shows an account; it looks at one admin page for each part.
#     - The quota and allocation fields that the guide names on an identity's membership are gone. The quota is the identity's,
#       and the hours are the allocation source's.
#     - The guide says that staff may emulate. Atmosphere asks for superuser, and names with `.`, `@` or `+` can't be emulated
#       through Troposphere at all.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `core/models/identity.py`, `core/models/quota.py`,
# `core/models/allocation_source.py`, `cyverse_rules_engine_setup.py`, `service/quota.py`, `api/v1/views/token.py` of
# Atmosphere, `troposphere/urls.py`, `emulation.py` of Troposphere.
