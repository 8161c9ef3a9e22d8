"""Maintenance windows, the login banner, and the links and texts of the web interface."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now


class MaintenanceRecord(models.Model):
    """A maintenance window of the web interface."""

    start_date = models.DateTimeField()
    end_date = models.DateTimeField(null=True)
    title = models.CharField(max_length=256)
    message = models.TextField()
    disable_login = models.BooleanField(default=True)
    created_date = models.DateTimeField(default=now)
    modified_date = models.DateTimeField(default=now)

    class Meta:
        managed = False
        db_table = "api_maintenancerecord"


class MaintenanceNotice(models.Model):
    """The banner on the login page; one row, with key 1."""

    show_message = models.BooleanField(default=False)
    message = models.TextField()
    end_date = models.DateTimeField(null=True)
    title = models.TextField(default="Maintenance Information")

    class Meta:
        managed = False
        db_table = "maintenance_notice"


class SiteMetadata(models.Model):
    """Links and texts of the web interface; one row."""

    user_portal_link = models.CharField(max_length=254, default="https://user.iplantcollaborative.org/dashboard/")
    user_portal_link_text = models.CharField(max_length=254, default="CyVerse User Management Portal")
    account_instructions_link = models.CharField(
        max_length=254, default="http://cyverse.org/learning-center/manage-account#AddAppsServices"
    )
    display_status_page_link = models.BooleanField(default=True)
    status_page_link = models.CharField(max_length=254, default="http://atmosphere.status.io")
    site_footer_link = models.CharField(max_length=254, default="http://user.cyverse.org/")
    site_footer = models.TextField(default="")

    class Meta:
        managed = False
        db_table = "site_metadata"
