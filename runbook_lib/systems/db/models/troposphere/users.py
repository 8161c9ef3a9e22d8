"""Accounts of the web interface and their preferences."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from runbook_lib.systems.db.models import django_tables


class TroposphereUser(django_tables.SiteUser):
    """An account of the web interface, separate from Atmosphere's; the first login there creates the row."""

    class Meta:
        managed = False
        db_table = "troposphere_user"


class TroposphereUserGroups(models.Model):
    """A membership in a Django group."""

    troposphereuser = models.ForeignKey("TroposphereUser", models.DO_NOTHING)
    group = models.ForeignKey("AuthGroup", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "troposphere_user_groups"
        unique_together = (("troposphereuser", "group"),)


class TroposphereUserUserPermissions(models.Model):
    """A permission in Django's admin for one user."""

    troposphereuser = models.ForeignKey("TroposphereUser", models.DO_NOTHING)
    permission = models.ForeignKey("Permission", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "troposphere_user_user_permissions"
        unique_together = (("troposphereuser", "permission"),)


class UserPreferences(models.Model):
    """A user's choice of interface; one row per user, although the database allows more."""

    show_beta_interface = models.BooleanField(default=True)
    created_date = models.DateTimeField(default=now)
    modified_date = models.DateTimeField(default=now)
    user = models.ForeignKey("TroposphereUser", models.DO_NOTHING)
    airport_ui = models.BooleanField(null=True)

    class Meta:
        managed = False
        db_table = "api_userpreferences"
