"""Accounts, groups, profiles and keys."""

from __future__ import annotations

from uuid import uuid4

from django.db import models

from runbook_lib.systems.db.models import django_tables


def uuid_text() -> str:
    """Return a new UUID as text, because the column is a varchar."""
    return str(uuid4())


class AtmosphereUser(django_tables.SiteUser):
    """An account; the first login creates the row."""

    class Meta:
        managed = False
        db_table = "atmosphere_user"


class AtmosphereUserGroups(models.Model):
    """A membership in a Django group, in addition to `GroupMembership`."""

    atmosphereuser = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    group = models.ForeignKey("AuthGroup", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "atmosphere_user_groups"
        unique_together = (("atmosphereuser", "group"),)


class AtmosphereUserUserPermissions(models.Model):
    """A permission in Django's admin for one user."""

    atmosphereuser = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    permission = models.ForeignKey("Permission", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "atmosphere_user_user_permissions"
        unique_together = (("atmosphereuser", "permission"),)


class UserProfile(models.Model):
    """A user's preferences, created with the user; email fails without this row."""

    user = models.OneToOneField("AtmosphereUser", models.DO_NOTHING, primary_key=True)
    send_emails = models.BooleanField(default=True)
    quick_launch = models.BooleanField(default=True)
    vnc_resolution = models.CharField(max_length=255, default="800x600")
    default_size = models.CharField(max_length=255, default="m1.small")
    background = models.CharField(max_length=255, default="default")
    icon_set = models.CharField(max_length=255, default="default")
    guacamole_color = models.CharField(max_length=15, default="default")

    class Meta:
        managed = False
        db_table = "user_profile"


class Group(models.Model):
    """Atmosphere's group, the child row of the Django group with the same key."""

    group_ptr = models.OneToOneField("AuthGroup", models.DO_NOTHING, primary_key=True)
    uuid = models.UUIDField(unique=True, default=uuid4)

    class Meta:
        managed = False
        db_table = "group"


class GroupMembership(models.Model):
    """A membership in a group; the pair is not unique in the database."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    group = models.ForeignKey("Group", models.DO_NOTHING)
    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    is_leader = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "group_members"


class SSHKey(models.Model):
    """A public key that Atmosphere installs on the user's instances."""

    name = models.CharField(max_length=256)
    uuid = models.CharField(max_length=36, unique=True, default=uuid_text)
    pub_key = models.TextField()
    atmo_user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "ssh_key"


class AccessToken(models.Model):
    """A named API token that a user created."""

    name = models.CharField(max_length=128)
    token = models.OneToOneField("Token", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "access_token"
