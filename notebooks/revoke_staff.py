# %% [markdown]
# # Grant staff access
#
# A user becomes staff, and if you want superuser, on Atmosphere, on Troposphere, or on both.

# %% tags=["parameters"]
username: str = ""
site: str = "both"
apply: bool = False
reason: str = ""
undo: bool = False

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("revoke_staff", globals())

# %%
run.plan()

# %%
run.apply()

# %%
run.verify()

# %%
run.undo()
