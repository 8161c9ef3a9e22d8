"""Applications (the images that users see), their versions, and the copies of versions on clouds."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class Application(models.Model):
    """An image as users see it: a name with versions."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    name = models.CharField(max_length=256)
    icon = models.CharField(max_length=100, null=True)
    description = models.TextField(null=True)
    private = models.BooleanField(default=False)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    created_by_identity = models.ForeignKey("Identity", models.DO_NOTHING, null=True)

    class Meta:
        managed = False
        db_table = "application"


class ApplicationMembership(models.Model):
    """A group that can see a private application."""

    can_edit = models.BooleanField(default=False)
    application = models.ForeignKey("Application", models.DO_NOTHING)
    group = models.ForeignKey("Group", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_membership"
        unique_together = (("application", "group"),)


class ApplicationAccessList(models.Model):
    """A pattern of user names that can see a private application."""

    application = models.ForeignKey("Application", models.DO_NOTHING)
    patternmatch = models.ForeignKey("PatternMatch", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_access_list"
        unique_together = (("application", "patternmatch"),)


class ApplicationBookmark(models.Model):
    """A user's favorite application."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    application = models.ForeignKey("Application", models.DO_NOTHING)
    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_bookmark"


class ApplicationTags(models.Model):
    """A tag of an application."""

    application = models.ForeignKey("Application", models.DO_NOTHING)
    tag = models.ForeignKey("Tag", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_tags"
        unique_together = (("application", "tag"),)


class ApplicationVersion(models.Model):
    """A version of an application; the application determines its visibility."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    name = models.CharField(max_length=256)
    change_log = models.TextField(null=True)
    allow_imaging = models.BooleanField(default=True)
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    system_files = models.TextField(null=True, default="")
    installed_software = models.TextField(null=True, default="")
    excluded_files = models.TextField(null=True, default="")
    application = models.ForeignKey("Application", models.DO_NOTHING, related_name="versions")
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    created_by_identity = models.ForeignKey("Identity", models.DO_NOTHING, null=True)
    parent = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="children")
    doc_object_id = models.TextField(null=True, default="")

    class Meta:
        managed = False
        db_table = "application_version"
        unique_together = (("application", "name"),)


class ApplicationVersionMembership(models.Model):
    """A group that can use a version."""

    can_share = models.BooleanField(default=False)
    group = models.ForeignKey("Group", models.DO_NOTHING)
    application_version = models.ForeignKey("ApplicationVersion", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_version_membership"
        unique_together = (("application_version", "group"),)


class ApplicationVersionBootScripts(models.Model):
    """A script that runs when a version is launched."""

    applicationversion = models.ForeignKey("ApplicationVersion", models.DO_NOTHING)
    bootscript = models.ForeignKey("BootScript", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_version_boot_scripts"
        unique_together = (("applicationversion", "bootscript"),)


class ApplicationVersionLicenses(models.Model):
    """A license that users must accept for a version."""

    applicationversion = models.ForeignKey("ApplicationVersion", models.DO_NOTHING)
    license = models.ForeignKey("License", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "application_version_licenses"
        unique_together = (("applicationversion", "license"),)


class ApplicationThreshold(models.Model):
    """The minimum size for the launch of a version; memory in MB."""

    memory_min = models.IntegerField(default=0)
    cpu_min = models.IntegerField(default=0)
    application_version = models.OneToOneField("ApplicationVersion", models.DO_NOTHING, null=True)

    class Meta:
        managed = False
        db_table = "application_threshold"


class ProviderMachine(models.Model):
    """A version on one cloud; its source has the identifier, the provider and the dates."""

    application_version = models.ForeignKey("ApplicationVersion", models.DO_NOTHING, null=True, related_name="machines")
    instance_source = models.OneToOneField("InstanceSource", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "provider_machine"


class ProviderMachineMembership(models.Model):
    """A group that can launch a machine."""

    can_share = models.BooleanField(default=False)
    group = models.ForeignKey("Group", models.DO_NOTHING)
    provider_machine = models.ForeignKey("ProviderMachine", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "provider_machine_membership"
        unique_together = (("provider_machine", "group"),)


class Tag(models.Model):
    """A keyword of images and instances."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=1024)
    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING, null=True)

    class Meta:
        managed = False
        db_table = "tag"


class PatternMatch(models.Model):
    """A pattern of user names, and whether it allows or denies access."""

    pattern = models.CharField(max_length=256)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    type = models.ForeignKey("MatchType", models.DO_NOTHING)
    allow_access = models.BooleanField(default=True)

    class Meta:
        managed = False
        db_table = "pattern_match"


class MatchType(models.Model):
    """The kind of value that a pattern is compared with."""

    name = models.CharField(max_length=128)

    class Meta:
        managed = False
        db_table = "core_matchtype"
