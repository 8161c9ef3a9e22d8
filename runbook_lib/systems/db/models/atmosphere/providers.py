"""The clouds, their sizes, credentials and maintenance windows."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class Provider(models.Model):
    """A cloud; users see its location, which is not unique."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    location = models.CharField(max_length=256)
    description = models.TextField()
    active = models.BooleanField(default=True)
    public = models.BooleanField(default=False)
    auto_imaging = models.BooleanField(default=False)
    timezone = models.CharField(max_length=128, default="America/Phoenix")
    cloud_config = models.JSONField(null=True)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    cloud_admin = models.ForeignKey("AtmosphereUser", models.DO_NOTHING, null=True)
    over_allocation_action = models.ForeignKey("InstanceAction", models.DO_NOTHING, null=True)
    type = models.ForeignKey("ProviderType", models.DO_NOTHING)
    virtualization = models.ForeignKey("PlatformType", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "provider"


class ProviderType(models.Model):
    """The software of a cloud, such as OpenStack."""

    name = models.CharField(max_length=256)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "provider_type"


class PlatformType(models.Model):
    """The virtualization of a cloud, such as KVM."""

    name = models.CharField(max_length=256)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "platform_type"


class ProviderConfiguration(models.Model):
    """A marker row for a cloud's configuration, with no other columns than its key."""

    provider = models.OneToOneField("Provider", models.DO_NOTHING, primary_key=True)

    class Meta:
        managed = False
        db_table = "provider_configuration"


class ProviderCredential(models.Model):
    """One credential of a cloud; the value is a secret in plain text."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    key = models.CharField(max_length=256)
    value = models.CharField(max_length=256)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "provider_credential"


class AccountProvider(models.Model):
    """The admin identity of a cloud; upstream uses the first row."""

    identity = models.ForeignKey("Identity", models.DO_NOTHING)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "provider_admin"


class CloudAdministrator(models.Model):
    """A user who can resolve the requests of a cloud."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)
    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "cloud_administrator"


class InstanceAction(models.Model):
    """An action on an instance: suspend, shelve and so on."""

    key = models.CharField(max_length=256, unique=True)
    name = models.CharField(max_length=256)
    description = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "core_instanceaction"


class ProviderInstanceAction(models.Model):
    """An action on instances, enabled or disabled for a cloud."""

    enabled = models.BooleanField(default=True)
    instance_action = models.ForeignKey("InstanceAction", models.DO_NOTHING)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "provider_instance_action"
        unique_together = (("provider", "instance_action"),)


class NodeController(models.Model):
    """A host of a cloud, reachable by SSH; the key is a secret in plain text."""

    alias = models.CharField(max_length=256)
    hostname = models.CharField(max_length=256)
    port = models.IntegerField(default=22)
    private_ssh_key = models.TextField()
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "node_controller"


class Size(models.Model):
    """A flavor of a cloud; memory in MB, disks in GB."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    alias = models.CharField(max_length=256)
    name = models.CharField(max_length=256)
    cpu = models.IntegerField()
    disk = models.IntegerField()
    root = models.IntegerField()
    mem = models.IntegerField()
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "size"


class MaintenanceRecord(models.Model):
    """A maintenance window of one cloud or, without a provider, of all of Atmosphere."""

    start_date = models.DateTimeField()
    end_date = models.DateTimeField(null=True)
    title = models.CharField(max_length=256)
    message = models.TextField()
    disable_login = models.BooleanField(default=True)
    provider = models.ForeignKey("Provider", models.DO_NOTHING, null=True)

    class Meta:
        managed = False
        db_table = "maintenance_record"
