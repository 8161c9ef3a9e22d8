"""Boot scripts and licenses."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class BootScript(models.Model):
    """A script that runs on an instance when it is deployed."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    title = models.CharField(max_length=128)
    script_text = models.TextField()
    run_every_deploy = models.BooleanField(default=False)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    script_type = models.ForeignKey("ScriptType", models.DO_NOTHING)
    wait_for_deploy = models.BooleanField(default=True)

    class Meta:
        managed = False
        db_table = "boot_script"


class BootScriptApplications(models.Model):
    """An application that a script belongs to."""

    bootscript = models.ForeignKey("BootScript", models.DO_NOTHING)
    application = models.ForeignKey("Application", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "boot_script_applications"
        unique_together = (("bootscript", "application"),)


class BootScriptInstances(models.Model):
    """An instance that a script belongs to."""

    bootscript = models.ForeignKey("BootScript", models.DO_NOTHING)
    instance = models.ForeignKey("Instance", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "boot_script_instances"
        unique_together = (("bootscript", "instance"),)


class ScriptType(models.Model):
    """The form of a script: text or URL."""

    name = models.CharField(max_length=128)
    description = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "script_type"


class License(models.Model):
    """A license that users must accept."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    title = models.CharField(max_length=256)
    license_text = models.TextField()
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    license_type = models.ForeignKey("LicenseType", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "license"


class LicenseAccessList(models.Model):
    """A pattern of user names that a license concerns."""

    license = models.ForeignKey("License", models.DO_NOTHING)
    patternmatch = models.ForeignKey("PatternMatch", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "license_access_list"
        unique_together = (("license", "patternmatch"),)


class LicenseType(models.Model):
    """The form of a license: text or URL."""

    name = models.CharField(max_length=128)
    description = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "license_type"
