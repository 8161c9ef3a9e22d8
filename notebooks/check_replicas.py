# %% [markdown]
# # Check replicas
#
# Every copy of every image is held against its rows and against the master's copy, and each difference has its command.

# %% [markdown]
# ## When to use
#
# An image can't be launched on one provider, a synchronization has run, users see an image that they should not see, or
# nobody knows what the replicas are worth.
#
# **Not for** the copying: [Migrate an image](migrate_image.py), [Synchronize replicas](sync_replica_images.py). **Not for** one
# imaging request that failed: [Triage an imaging request](triage_imaging_request.py).

# %% [markdown]
# ## Before you start
#
# - [ ] `RUNBOOK_ATMOSPHERE_DB`; a role that may only read is enough.
# - [ ] `RUNBOOK_CLOUDS` with an administrator's account of every provider: another account sees a part of the images.

# %% [markdown]
# ## Parameters

# %% tags=["parameters"]
master_provider_id: int = 0  # Required. The provider that has the images.
application_id: int = 0  # Optional. The application (the web interface calls it an image). Left out: all.

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
# | what | meaning |
# | --- | --- |
# | *public in Glance, private in Atmosphere* | everybody of that cloud can see and launch it |
# | *not in Glance* | the rows say that there is a copy, and there is none |
# | *not active* | *queued*: its data never came. *killed*: the upload broke off. *deactivated*: an operator stopped it |
# | *another checksum*, *another size* | the data is not the master's |
# | *end-dated on the replica* | the copy is hidden from users; the nightly task does that to what is not active |
# | *end-dated on the master* | the image was retired there and can still be launched here |
# | *source without machine* | half of the rows are left, and a new copy is refused because of them |
# | *not public in Glance* | users see the image, and a launch fails |
# | *another owner*, *other members* | who may use the copy is not as the rows say; members are compared for one application |
# | *other metadata* | the properties named differ from the rows or from the master's copy |
# | *not copied* | the replica has neither rows nor image |
# | *image without rows* | Atmosphere does not know it: an unfinished request, a snapshot left behind, or somebody's own |
#
# - A provider under *Missing* did not tell: its images were compared with nothing.
# - A provider that is no replica shows every image as *not copied*. That is no fault.
# - Images on end-dated providers, and versions and applications that are end-dated, are left out.

# %% [markdown]
# ## If it fails
#
# | symptom | cause | do |
# | --- | --- | --- |
# | `has no cloud configured` under *Missing* | `RUNBOOK_CLOUDS` does not name the provider | add it, and inspect again |
# | `did not answer within` | the cloud is slow, or has very many images | inspect one application at a time |
# | very many *not in Glance* | the account is no administrator's | put another account into `clouds.yaml` |
#
# Send: the lines of *What differs* for the image, which provider was the master.

# %% [markdown]
# ## Background
#
# Upstream's synchronization takes an image for copied as soon as each active version has a machine on the replica. It writes
# these rows before it copies the data, so a run that broke off counts as complete, and no later run mends it. Nothing
# upstream compares sizes or checksums afterwards.
#
# Each cloud is asked for a list of all its images, a thousand in one answer. Those that the list leaves out are asked for by
# their UUID, because a hidden image is in no list.
#
# !!! info "How this differs from the staff guide"
#
#     - The guide finds a broken replica by a user's report, and looks at one image at a time.
#     - Its repair begins with the deletion of rows. A *queued* copy needs none: the script uploads its data.
#     - It does not look at visibility on every provider, so a public image can be closed on one of them.
#
# Holds for Atmosphere v37 and Troposphere v36. Sources: `scripts/application_to_provider.py`,
# `scripts/application_sync_providers.py`, `service/monitoring.py`, `atmosphere/plugins/machine_validation.py`.
