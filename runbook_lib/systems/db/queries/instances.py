"""Instances: look one up by Nova's uuid, tell its present status, and since when."""

from __future__ import annotations

from datetime import UTC

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import Instance, InstanceStatusHistory

SHORTEST_GUESS = 4  # characters of a uuid from which a search for similar ones is worth while


def instance(instance_id: str) -> Instance:
    """Return the instance of this uuid, with its owner and its provider.

    Raises:
        TargetNotFound: There is none.
        Refused: It has ended: the cloud no longer has it.
    """
    found = Instance.objects.filter(provider_alias=instance_id).select_related("created_by", "source__provider").first()
    if found is None:
        near = Instance.objects.filter(provider_alias__startswith=instance_id[:8], end_date=None).order_by(
            "-start_date"
        )
        similar = near.values_list("provider_alias", flat=True)[:3] if len(instance_id) >= SHORTEST_GUESS else ()
        raise TargetNotFound(
            kind="instance",
            key=repr(instance_id),
            where="the atmosphere database",
            similar=list(similar),
            next_step="give the uuid that the instance's page shows as its alias, not its name or number",
        )
    if found.end_date is not None:
        raise Refused(
            what=f"{named(found)} ended on {found.end_date.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            why="the cloud no longer has it",
            next_step="ask its owner for another instance; this one does not come back",
        )
    return found


def present(of: Instance) -> InstanceStatusHistory:
    """Return the row of the present status: the latest to begin, of several the one with the highest key.

    An open end date would not do: there can be several open rows. Rows are written only when somebody looks, so the
    status may be 15 minutes old.

    Raises:
        Refused: There is no row at all.

    Source: ``get_last_history`` in core/models/instance.py of Atmosphere v37, which also writes a row; this does not.
    """
    rows = InstanceStatusHistory.objects.filter(instance_id=of.pk).select_related("status")
    last = rows.order_by("start_date", "pk").last()
    if last is None:
        raise Refused(
            what=f"{named(of)} has no status in the database",
            why="Atmosphere writes the first one when somebody looks at the instance",
            next_step="open its page in the web interface, or wait 15 minutes for monitor_instances; then plan again",
        )
    return last


def seen(row: InstanceStatusHistory) -> str:
    """Return a status in words: its name, its activity, and since when (UTC)."""
    activity = f" ({row.activity})" if row.activity else ""
    return f"{row.status.name}{activity} since {row.start_date.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def named(of: Instance) -> str:
    """Return an instance's uuid, name and owner, for messages."""
    return f"instance {of.provider_alias} ({of.name}, of {of.created_by.username})"
