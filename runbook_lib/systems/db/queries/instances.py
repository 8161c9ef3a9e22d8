"""Instances: lookup by Nova's uuid, and the current status with its start."""

from __future__ import annotations

from datetime import UTC

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatusHistory

MIN_PREFIX = 4  # the minimum length in characters of a uuid prefix for a search of similar ones


def find(instance_id: str) -> Instance:
    """Return the instance with this uuid, ended or not, with its owner and its provider.

    Raises:
        TargetNotFound: No instance has this uuid.
    """
    row = Instance.objects.filter(provider_alias=instance_id).select_related("created_by", "source__provider").first()
    if row is None:
        candidates = Instance.objects.filter(provider_alias__startswith=instance_id[:8], end_date=None).order_by(
            "-start_date"
        )
        similar = candidates.values_list("provider_alias", flat=True)[:3] if len(instance_id) >= MIN_PREFIX else ()
        raise TargetNotFound(
            kind="instance",
            key=repr(instance_id),
            where="the atmosphere database",
            similar=list(similar),
            next_step="use the uuid that the instance's page shows as its alias, not its name or number",
        )
    return row


def instance(instance_id: str) -> Instance:
    """Return the instance with this uuid, as `find` does.

    Raises:
        TargetNotFound: No instance has this uuid.
        Refused: The instance has ended, so the cloud no longer has it.
    """
    row = find(instance_id)
    if row.end_date is not None:
        raise Refused(
            what=f"{label(row)} ended on {row.end_date.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            why="the cloud no longer has it",
            next_step="ask the owner for a running instance; an ended instance can't be restored",
        )
    return row


def current_status(instance: Instance) -> InstanceStatusHistory:
    """Return the row of the current status: the one with the latest begin, then with the highest key.

    A missing end date does not identify it, because several rows can be open. Atmosphere writes rows only when it reads
    the cloud, so the status can be 15 minutes old.

    Raises:
        Refused: The instance has no rows.

    Source: ``get_last_history`` in core/models/instance.py of Atmosphere v37, which also writes a row; this function
    does not.
    """
    rows = InstanceStatusHistory.objects.filter(instance_id=instance.pk).select_related("status")
    last = rows.order_by("start_date", "pk").last()
    if last is None:
        raise Refused(
            what=f"{label(instance)} has no status in the database",
            why="Atmosphere writes the first status when a user opens the instance's page or monitor_instances runs",
            next_step="open its page in the web interface, or wait 15 minutes for monitor_instances; then plan again",
        )
    return last


def open_history(instance: Instance) -> tuple[InstanceStatusHistory, ...]:
    """Return the rows of an instance's history without an end date, by key; several rows can be open."""
    return tuple(InstanceStatusHistory.objects.filter(instance_id=instance.pk, end_date=None).order_by("pk"))


def describe_status(row: InstanceStatusHistory) -> str:
    """Return a status as text: its name, its activity, and its start (UTC)."""
    activity = f" ({row.activity})" if row.activity else ""
    return f"{row.status.name}{activity} since {row.start_date.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def label(instance: Instance) -> str:
    """Return an instance's uuid, name and owner, for messages."""
    return f"instance {instance.provider_alias} ({instance.name}, of {instance.created_by.username})"
