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

# What each strategy sets compute_allowed to, and when; what was used begins at 0 again.
# Source: cyverse_rules_engine_setup.py and core/hooks/allocation_source.py of Atmosphere v37.
RENEWALS: Mapping[str, str] = MappingProxyType(
    {
        "default": "on the first day of each month it is set to 336 hours",
        "bi-weekly": "14 days after the last renewal it is set to 84 hours",
        "workshop": "7 days after the last renewal it is set to 0 hours",
    }
)
NEVER_RENEWED = "custom"


def renewal(of: AllocationSource) -> str:
    """Return what renewal makes of a change, in words; empty when the source is never renewed."""
    strategy = of.renewal_strategy
    if strategy == NEVER_RENEWED:
        return ""
    if strategy not in RENEWALS:
        return f"its renewal strategy {strategy} is none that Atmosphere's rules know, so it is not renewed"
    return f"it lasts until the next renewal: {RENEWALS[strategy]}, and what is used begins at 0 (strategy {strategy})"


def in_words(hours: float | Decimal) -> str:
    """Return a number of hours allowed in words; a negative one is no limit."""
    return "no limit" if hours < 0 else f"{hours:f} hours" if isinstance(hours, Decimal) else f"{hours} hours"


def source(name: str) -> AllocationSource:
    """Return one allocation source.

    Raises:
        TargetNotFound: There is none of this name.
    """
    found = AllocationSource.objects.filter(name=name).first()
    if found is None:
        starts = AllocationSource.objects.filter(name__istartswith=name[:2]).values_list("name", flat=True)
        names = {near.casefold(): near for near in starts[:5000]}
        raise TargetNotFound(
            kind="allocation source",
            key=repr(name),
            where="the atmosphere database",
            similar=[repr(names[near]) for near in difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.7)],
            next_step="a user's own source is named like the user; others are listed on the user's dashboard",
        )
    return found


def snapshot(of: AllocationSource) -> AllocationSourceSnapshot:
    """Return the latest sum of a source.

    Raises:
        Refused: It has none, and Atmosphere's own change fails on that too.
    """
    found = AllocationSourceSnapshot.objects.filter(allocation_source_id=of.pk).first()
    if found is None:
        raise Refused(
            what=f"allocation source {of.name} has no snapshot",
            why="update_snapshot_cyverse, every 15 minutes, makes it only after the source was created or renewed once",
            next_step="ask the Atmosphere support team to send the event allocation_source_created_or_renewed for it",
        )
    return found


def changed(of: AllocationSource, hours: int, *, now: datetime) -> EventTable:
    """Return the event that upstream's API writes for a new number, not saved; its own hook would do the rest.

    A row that is written like this calls no hook, so it is the record of the change and nothing more.

    Source: api/v2/views/allocation_source.py of Atmosphere v37.
    """
    return EventTable(
        entity_id=of.name,
        name="allocation_source_compute_allowed_changed",
        payload={"allocation_source_name": of.name, "compute_allowed": hours},
        timestamp=now,
    )


def decimal(hours: int) -> Decimal:
    """Return hours as the snapshot's column holds them, with three places."""
    return Decimal(hours).quantize(Decimal("0.001"))
