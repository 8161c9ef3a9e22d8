"""Change how many hours of compute an allocation source allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import allocations

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import AllocationSource, AllocationSourceSnapshot
    from runbook_lib.world.world import World

MINUTES = 3
NEEDS = ("atmosphere",)


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which source, and how much."""

    source_name: str = param(
        "The allocation source; a user's own is named like the user.",
        where="Admin > Resource Requests, or the user's dashboard",
        example="TG-ASC160018",
        longest=255,
    )
    compute_allowed_hours: int = param("Hours of compute allowed from now on (AU), used ones included.", example=2000)


def plan(world: World, params: Params) -> Plan:
    """Return the new number in ``allocation_source`` and in its snapshot, and the event that records it.

    The snapshot's ``updated``, which upstream's save would touch, stays: it tells when the use was summed up, the task
    that does so writes it every 15 minutes, and an undo after that would be refused because of it.

    Raises:
        TargetNotFound: No such source.
        Refused: It is ended, it has no snapshot, or less is asked for than is used.

    Source: core/hooks/allocation_source.py and api/v2/views/allocation_source.py of Atmosphere v37.
    """
    source = allocations.find_source(params.source_name)
    if source.end_date is not None and source.end_date <= world.now():
        raise Refused(
            what=f"allocation source {source.name} ended on {source.end_date:%Y-%m-%d}",
            why="nobody can use an ended source",
            next_step="give the hours to a source that is in use",
        )
    snapshot = allocations.find_snapshot(source)
    hours = params.compute_allowed_hours
    changes = (
        *edits.update(source, compute_allowed=hours),
        *edits.update(snapshot, compute_allowed=allocations.to_decimal(hours)),
    )
    warnings = _warnings(source, snapshot, hours)
    if not changes:
        return Plan(because=f"{source.name} allows {hours} hours already", warnings=warnings)
    if hours < snapshot.compute_used:
        raise Refused(
            what=f"{hours} hours are less than the {snapshot.compute_used} that are used of {source.name}",
            why="Atmosphere would act on the overuse, and its API refuses this too",
            next_step=f"allow at least {math.ceil(snapshot.compute_used)} hours",
        )
    event = edits.insert(allocations.change_event(source, hours, now=world.now()))
    return Plan(changes=(*changes, event), warnings=warnings, expects=(edits.expect(source, "end_date"),))


def _warnings(source: AllocationSource, snapshot: AllocationSourceSnapshot, hours: int) -> tuple[str, ...]:
    """Return how much is used, what an old number means that is not what it seems, and how long the new one lasts."""
    left = hours - snapshot.compute_used
    told = [f"{snapshot.compute_used} hours are used of {source.name}, so {left} are left of {hours}"]
    if source.compute_allowed < 0:
        told.append(
            f"it has no limit now ({source.compute_allowed}), and would have one; only undo brings that back: "
            "neither this procedure nor Atmosphere's API sets a negative number"
        )
    if source.compute_allowed != snapshot.compute_allowed:
        told.append(
            f"source and snapshot disagree now: {allocations.describe_hours(source.compute_allowed)} and "
            f"{allocations.describe_hours(snapshot.compute_allowed)}; this sets both"
        )
    if source.end_date is not None:
        told.append(f"the source ends on {source.end_date:%Y-%m-%d}, whatever is left")
    if renewal := allocations.describe_renewal(source):
        told.append(renewal)
    return tuple(told)
