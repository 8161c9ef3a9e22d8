"""Instances and volumes, their sources, and their status history."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class InstanceSource(models.Model):
    """The source of an instance; a Glance or Cinder identifier is unique per cloud."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    identifier = models.CharField(max_length=256)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING, null=True)
    created_by_identity = models.ForeignKey("Identity", models.DO_NOTHING, null=True)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)
    size_bytes = models.DecimalField(max_digits=14, decimal_places=0, default=0)

    class Meta:
        managed = False
        db_table = "instance_source"
        unique_together = (("provider", "identifier"),)


class Instance(models.Model):
    """A virtual machine; an empty end date means that it has not ended."""

    name = models.CharField(max_length=256)
    token = models.CharField(max_length=36, null=True)
    provider_alias = models.CharField(max_length=256, unique=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    shell = models.BooleanField(default=False)
    vnc = models.BooleanField(default=False)
    web_desktop = models.BooleanField(default=False)
    password = models.CharField(max_length=64, null=True)
    start_date = models.DateTimeField()
    end_date = models.DateTimeField(null=True)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    created_by_identity = models.ForeignKey("Identity", models.DO_NOTHING, null=True)
    source = models.ForeignKey("InstanceSource", models.DO_NOTHING)
    project = models.ForeignKey("Project", models.DO_NOTHING, null=True)

    class Meta:
        managed = False
        db_table = "instance"


class InstanceStatus(models.Model):
    """The name of an instance status; the name is not unique."""

    name = models.CharField(max_length=128)

    class Meta:
        managed = False
        db_table = "instance_status"


class InstanceStatusHistory(models.Model):
    """A period in which an instance had a status; the row with the latest start date is the current one."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    activity = models.CharField(max_length=36, null=True)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    instance = models.ForeignKey("Instance", models.DO_NOTHING)
    size = models.ForeignKey("Size", models.DO_NOTHING)
    status = models.ForeignKey("InstanceStatus", models.DO_NOTHING)
    extra = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "instance_status_history"


class InstanceMembership(models.Model):
    """A group that an instance is shared with."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    instance = models.ForeignKey("Instance", models.DO_NOTHING)
    owner = models.ForeignKey("Group", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "instance_membership"
        unique_together = (("instance", "owner"),)


class InstanceTags(models.Model):
    """A tag of an instance."""

    instance = models.ForeignKey("Instance", models.DO_NOTHING)
    tag = models.ForeignKey("Tag", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "instance_tags"
        unique_together = (("instance", "tag"),)


class Volume(models.Model):
    """A block device; the size is in GB."""

    size = models.IntegerField()
    name = models.CharField(max_length=256)
    description = models.TextField(null=True)
    instance_source = models.OneToOneField("InstanceSource", models.DO_NOTHING)
    project = models.ForeignKey("Project", models.DO_NOTHING, null=True)

    class Meta:
        managed = False
        db_table = "volume"


class VolumeStatus(models.Model):
    """The name of a volume status."""

    name = models.CharField(max_length=128)

    class Meta:
        managed = False
        db_table = "volume_status"


class VolumeStatusHistory(models.Model):
    """A period in which a volume had a status."""

    device = models.CharField(max_length=128, null=True)
    instance_alias = models.CharField(max_length=36, null=True)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    status = models.ForeignKey("VolumeStatus", models.DO_NOTHING)
    volume = models.ForeignKey("Volume", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "volume_status_history"
