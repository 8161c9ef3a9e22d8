"""Allocation sources and their snapshots."""

from __future__ import annotations

import difflib
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import AllocationSource, AllocationSourceSnapshot, EventTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# The value of compute_allowed that each strategy sets, and the time. Each renewal also resets the used hours to 0.
# Source: cyverse_rules_engine_setup.py and core/hooks/allocation_source.py of Atmosphere v37.
RENEWALS: Mapping[str, str] = MappingProxyType(
    {
        "default": "on the first day of each month, the allowance is set to 336 hours",
        "bi-weekly": "14 days after the last renewal, the allowance is set to 84 hours",
        "workshop": "7 days after the last renewal, the allowance is set to 0 hours",
    }
)
NEVER_RENEWED = "custom"


def describe_renewal(source: AllocationSource) -> str:
    """Return the effect of the next renewal on a change; empty if the source is never renewed."""
    strategy = source.renewal_strategy
    if strategy == NEVER_RENEWED:
        return ""
    if strategy not in RENEWALS:
        return f"Atmosphere's rules have no renewal strategy {strategy}, so the source is never renewed"
    return (
        f"the change lasts until the next renewal: {RENEWALS[strategy]}, "
        f"and the used hours are reset to 0 (strategy {strategy})"
    )


def describe_hours(hours: float | Decimal) -> str:
    """Return allowed hours as text; a negative number means no limit."""
    return "no limit" if hours < 0 else f"{hours:f} hours" if isinstance(hours, Decimal) else f"{hours} hours"


def find_source(name: str) -> AllocationSource:
    """Return an allocation source by name.

    Raises:
        TargetNotFound: No allocation source has this name.
    """
    row = AllocationSource.objects.filter(name=name).first()
    if row is None:
        candidates = AllocationSource.objects.filter(name__istartswith=name[:2]).values_list("name", flat=True)
        names = {candidate.casefold(): candidate for candidate in candidates[:5000]}
        raise TargetNotFound(
            kind="allocation source",
            key=repr(name),
            where="the atmosphere database",
            similar=[repr(names[key]) for key in difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.7)],
            next_step="a user's own source has the user's name; the user's dashboard lists all of the user's sources",
        )
    return row


def find_snapshot(source: AllocationSource) -> AllocationSourceSnapshot:
    """Return the latest sum of a source.

    Raises:
        Refused: The source has no snapshot. Atmosphere's own change fails too.
    """
    row = AllocationSourceSnapshot.objects.filter(allocation_source_id=source.pk).first()
    if row is None:
        raise Refused(
            what=f"allocation source {source.name} has no snapshot",
            why="update_snapshot_cyverse, every 15 minutes, creates it only after the source was created or renewed",
            next_step="ask the Atmosphere support team to send the event allocation_source_created_or_renewed for it",
        )
    return row


def change_event(source: AllocationSource, hours: int, *, now: datetime) -> EventTable:
    """Return the unsaved event that upstream's API writes for a new allowance.

    Upstream's API also calls a hook that changes the source. A row insertion does not call it, so this event only
    records the change.

    Source: api/v2/views/allocation_source.py of Atmosphere v37.
    """
    return EventTable(
        entity_id=source.name,
        name="allocation_source_compute_allowed_changed",
        payload={"allocation_source_name": source.name, "compute_allowed": hours},
        timestamp=now,
    )


def to_decimal(hours: int) -> Decimal:
    """Return hours as the snapshot's column stores them, with three decimal places."""
    return Decimal(hours).quantize(Decimal("0.001"))
