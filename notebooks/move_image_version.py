# %% [markdown]
# # Grant staff access
#
# A user becomes staff, and if you want superuser, on Atmosphere, on Troposphere, or on both.

# %% tags=["parameters"]
provider_id: int = 0
image_id: str = ""
application_id: int = 0
version_name: str = ""
apply: bool = False
reason: str = ""
undo: bool = False

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("move_image_version", globals())

# %%
run.plan()

# %%
run.apply()

# %%
run.verify()

# %%
run.undo()
