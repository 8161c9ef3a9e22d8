# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Check replicas
#
# You see how each copy of an image differs from its rows and from the master's copy, and what to do about it.

# %% [markdown]
# ## When to use
#
# An image does not launch on one provider, a synchronization ended, users see too many images, or the replicas' state
# is unknown.
#
# **Not for** copying [one image](migrate_image.py) or [all](sync_replica_images.py), or for [a failed imaging
# request](triage_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; read-only access is enough.
# - [ ] The master's number: the provider where Atmosphere [makes images](../concepts/imaging-request-life.md#limits).
# - [ ] `RUNBOOK_CLOUDS` with administrators' accounts. Others see only some images.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
master_provider_id: int = 0  # Required. The provider that has the images.
application_id: int = 0  # Optional. The application (the web interface calls it an image). Without it: all applications.

# %% tags=["setup"]
from runbook_lib.notebook import open_run

run = open_run("check_replicas", globals())

# %% [markdown]
# ## Inspect

# %%
run.inspect()

# %% [markdown]
# ## What it means
#
# | difference | meaning |
# | --- | --- |
# | *public in Glance, private in Atmosphere* | everyone on that cloud can launch it |
# | *not in Glance* | rows without a copy |
# | *not active* | *queued*: no data. *killed*: an interrupted upload. *deactivated*: by an operator |
# | *another checksum*, *another size* | not the master's data |
# | *end-dated on the replica* | hidden; the nightly task does that to inactive copies |
# | *end-dated on the master* | retired there, still launchable on the replica |
# | *source without machine* | half of the rows, which prevents a new copy |
# | *not public in Glance* | visible, but launches fail |
# | *another owner*, *other members* | access differs from the rows; members are compared only with `application_id` |
# | *other metadata* | the named properties differ from the rows or the master |
# | *not copied* | neither rows nor image |
# | *image without rows* | an unfinished request, a leftover snapshot, or someone's own |
#
# - *Next* has one independent step per difference.
# - A provider under *Missing* was not compared.
# - Ignore *not copied* on providers that are not replicas.
# - End-dated objects are left out.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `has no cloud configured` under *Missing* | not in `RUNBOOK_CLOUDS` | add it, inspect again |
# | `did not respond within` | a slow cloud, or many images | inspect one application at a time |
# | *not in Glance* for most images | not an administrator's account | change it in `clouds.yaml` |
#
# Send: the image's lines of *Differences*, the master provider.

# %% [markdown]
# ## Background
#
# An [interrupted copy](../concepts/replication.md#half-made-copies) stays broken. Nothing upstream compares sizes or
# checksums.
#
# Clouds list a thousand images per response. Unlisted images, such as hidden ones, are requested by UUID.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide inspects one image, after a user's report.
#     - Its repair starts by deleting rows. A *queued* copy keeps them: upstream's script uploads the missing data.
#     - It ignores the visibility per provider. A public image can be private on one.
#
# For Atmosphere v37, Troposphere v36. Sources: `scripts/{application_to_provider,application_sync_providers}.py`,
# `service/monitoring.py`, `atmosphere/plugins/machine_validation.py`.
