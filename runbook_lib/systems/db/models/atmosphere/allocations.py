"""Compute time: allocation sources, their users, the events behind the sums, and requests for more."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.utils.timezone import now


class AllocationSource(models.Model):
    """Compute time that users share; the allowance is in hours, a negative one is unlimited."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    name = models.CharField(max_length=255, unique=True)
    compute_allowed = models.IntegerField()
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    renewal_strategy = models.CharField(max_length=255, default="default")

    class Meta:
        managed = False
        db_table = "allocation_source"


class AllocationSourceSnapshot(models.Model):
    """The latest sums of an allocation source; compute time in hours."""

    updated = models.DateTimeField(default=now)
    last_renewed = models.DateTimeField(default=now)
    global_burn_rate = models.DecimalField(max_digits=19, decimal_places=3)
    compute_used = models.DecimalField(max_digits=19, decimal_places=3)
    compute_allowed = models.DecimalField(max_digits=19, decimal_places=3, default=0)
    allocation_source = models.OneToOneField("AllocationSource", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "allocation_source_snapshot"


class UserAllocationSource(models.Model):
    """A user who can charge an allocation source."""

    allocation_source = models.ForeignKey("AllocationSource", models.DO_NOTHING)
    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "user_allocation_source"
        unique_together = (("user", "allocation_source"),)


class UserAllocationSnapshot(models.Model):
    """The latest sums of a user on an allocation source; compute time in hours."""

    compute_used = models.DecimalField(max_digits=19, decimal_places=3)
    burn_rate = models.DecimalField(max_digits=19, decimal_places=3)
    updated = models.DateTimeField(default=now)
    allocation_source = models.ForeignKey("AllocationSource", models.DO_NOTHING)
    user = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "user_allocation_snapshot"
        unique_together = (("user", "allocation_source"),)


class InstanceAllocationSourceSnapshot(models.Model):
    """The allocation source that an instance is charged to."""

    updated = models.DateTimeField(default=now)
    allocation_source = models.ForeignKey("AllocationSource", models.DO_NOTHING)
    instance = models.OneToOneField("Instance", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "instance_allocation_source_snapshot"


class EventTable(models.Model):
    """An event; the sums of allocation sources are computed from events."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    entity_id = models.CharField(max_length=255, default="")
    name = models.CharField(max_length=128)
    payload = models.JSONField()
    timestamp = models.DateTimeField(default=now)

    class Meta:
        managed = False
        db_table = "event_table"


class ResourceRequest(models.Model):
    """A request for more quota or allocation, as free text."""

    uuid = models.UUIDField(unique=True, default=uuid4)
    admin_message = models.CharField(max_length=1024, default="")
    start_date = models.DateTimeField(default=now)
    end_date = models.DateTimeField(null=True)
    request = models.TextField()
    description = models.TextField()
    created_by = models.ForeignKey("AtmosphereUser", models.DO_NOTHING)
    status = models.ForeignKey("StatusType", models.DO_NOTHING)

    class Meta:
        managed = False
        db_table = "resource_request"
