"""Projects: the folders in which users group their instances, volumes, images and links."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class Project(models.Model):
    """A folder of instances, volumes, images and links."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    name = models.CharField(max_length=256)
    description = models.TextField()
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    owner = models.ForeignKey("Group", models.DO_NOTHING)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "project"


class ProjectApplications(models.Model):
    """An application in a project."""

    project = models.ForeignKey("Project", models.DO_NOTHING)
    application = models.ForeignKey("Application", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "project_applications"
        unique_together = (("project", "application"),)


class ProjectLinks(models.Model):
    """A link in a project."""

    project = models.ForeignKey("Project", models.DO_NOTHING)
    externallink = models.ForeignKey("ExternalLink", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "project_links"
        unique_together = (("project", "externallink"),)


class ExternalLink(models.Model):
    """A link to another site."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    title = models.CharField(max_length=256)
    link = models.CharField(max_length=256)
    description = models.TextField(null=True)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "external_link"
