"""Requests for new images and for exports, and the statuses of requests."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class StatusType(models.Model):
    """The status of a request; several rows can have the same name."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    name = models.CharField(max_length=32)
    description = models.CharField(max_length=256, default="")
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "status_type"
        unique_together = (("name", "start_date"),)


class MachineRequest(models.Model):
    """An imaging request: its instance, the requested application, and its progress."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    admin_message = models.CharField(max_length=1024, default="")
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    old_status = models.TextField(null=True, default="")
    new_application_name = models.CharField(max_length=256)
    new_application_description = models.TextField(default="Description Missing")
    new_application_visibility = models.CharField(max_length=256, default="private")
    access_list = models.TextField(null=True, default="")
    system_files = models.TextField(null=True, default="")
    installed_software = models.TextField(null=True, default="")
    exclude_files = models.TextField(null=True, default="")
    new_version_name = models.CharField(max_length=256, default="1.0")
    new_version_change_log = models.TextField(default="Changelog Missing")
    new_version_tags = models.TextField(null=True, default="")
    new_version_memory_min = models.IntegerField(default=0)
    new_version_cpu_min = models.IntegerField(default=0)
    new_version_allow_imaging = models.BooleanField(default=True)
    new_version_forked = models.BooleanField(default=True)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    instance = models.ForeignKey("Instance", models.DO_NOTHING)
    membership = models.ForeignKey("IdentityMembership", models.DO_NOTHING)
    new_application_version = models.ForeignKey("ApplicationVersion", models.DO_NOTHING, null=True)
    new_machine = models.ForeignKey(
        "ProviderMachine", models.DO_NOTHING, null=True, related_name="machine_requests_that_made"
    )
    new_machine_owner = models.ForeignKey("AtmosphereUser", models.DO_NOTHING, related_name="machine_requests_to_own")
    new_machine_provider = models.ForeignKey("Provider", models.DO_NOTHING)
    parent_machine = models.ForeignKey("ProviderMachine", models.DO_NOTHING, related_name="machine_requests_from")
    status = models.ForeignKey("StatusType", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "machine_request"


class MachineRequestNewApplicationAccessList(models.Model):
    """A pattern of user names that the requested image is for."""

    machinerequest = models.ForeignKey("MachineRequest", models.DO_NOTHING)
    patternmatch = models.ForeignKey("PatternMatch", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "machine_request_new_application_access_list"
        unique_together = (("machinerequest", "patternmatch"),)


class MachineRequestNewVersionLicenses(models.Model):
    """A license of the requested version."""

    machinerequest = models.ForeignKey("MachineRequest", models.DO_NOTHING)
    license = models.ForeignKey("License", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "machine_request_new_version_licenses"
        unique_together = (("machinerequest", "license"),)


class MachineRequestNewVersionMembership(models.Model):
    """A group that the requested version is for."""

    machinerequest = models.ForeignKey("MachineRequest", models.DO_NOTHING)
    group = models.ForeignKey("Group", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "machine_request_new_version_membership"
        unique_together = (("machinerequest", "group"),)


class MachineRequestNewVersionScripts(models.Model):
    """A script of the requested version."""

    machinerequest = models.ForeignKey("MachineRequest", models.DO_NOTHING)
    bootscript = models.ForeignKey("BootScript", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "machine_request_new_version_scripts"
        unique_together = (("machinerequest", "bootscript"),)


class ExportRequest(models.Model):
    """A request to export an image or volume to a file."""

    status = models.CharField(max_length=256)
    export_name = models.CharField(max_length=256)
    export_format = models.CharField(max_length=256)
    export_file = models.CharField(max_length=256, null=True)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    export_owner = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    source = models.ForeignKey("InstanceSource", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "export_request"
