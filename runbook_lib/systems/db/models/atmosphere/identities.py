"""The users' accounts on the clouds, with their quotas and credentials."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class Identity(models.Model):
    """A user's account on one cloud; a user can have several on the same cloud."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    provider = models.ForeignKey("Provider", models.DO_NOTHING)
    quota = models.ForeignKey("Quota", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "identity"


class IdentityMembership(models.Model):
    """A group that can use an identity."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    end_date = models.DateTimeField(null=True)
    identity = models.ForeignKey("Identity", models.DO_NOTHING)
    member = models.ForeignKey("Group", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "identity_membership"
        unique_together = (("identity", "member"),)


class Credential(models.Model):
    """One credential of an identity; the value is a secret in plain text."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    key = models.CharField(max_length=256)
    value = models.CharField(max_length=256)
    identity = models.ForeignKey("Identity", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "credential"


class Quota(models.Model):
    """The limits of an identity; NULL means unlimited. Memory and storage are in GB."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    cpu = models.IntegerField(null=True, default=16)
    memory = models.IntegerField(null=True, default=128)
    storage = models.IntegerField(null=True, default=10)
    instance_count = models.IntegerField(null=True, default=10)
    snapshot_count = models.IntegerField(null=True, default=10)
    storage_count = models.IntegerField(null=True, default=10)
    floating_ip_count = models.IntegerField(null=True, default=10)
    port_count = models.IntegerField(null=True, default=10)

    class Meta:
        managed = False
        db_table = "quota"
