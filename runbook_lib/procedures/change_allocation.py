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

GROUP = "Quotas and allocations"
MINUTES = 3
NEEDS = ("atmosphere",)
_AFTER_A_RAISE = (
    "Atmosphere does not start again what it stopped for overuse, and sends its emails at 50 % and 90 % only once per "
    "source"
)
"""Source: service/monitoring.py:317-353 and cyverse_allocation/tasks.py:147-153 of Atmosphere v37-5."""


@dataclass(frozen=True, kw_only=True)
class Params:
    """The source, and its new limit."""

    source_name: str = param(
        "The allocation source; a user's own source has the user's name.",
        where="Admin > Resource Requests, or the user's dashboard",
        example="TG-ASC160018",
        longest=255,
    )
    compute_allowed_hours: int = param(
        "Hours of compute to allow in total (AU), including the hours already used.", example=2000
    )


def plan(world: World, params: Params) -> Plan:
    """Return the new limit in ``allocation_source`` and in its snapshot, and the event that records it.

    The snapshot's ``updated``, which upstream's save would set, stays. A task sums up the use every 15 minutes and
    writes the time there; an undo after that would be refused.

    Raises:
        TargetNotFound: The source does not exist.
        Refused: The source is ended or has no snapshot, or the new limit is below the use.

    Source: core/hooks/allocation_source.py and api/v2/views/allocation_source.py of Atmosphere v37.
    """
    source = allocations.find_source(params.source_name)
    if source.end_date is not None and source.end_date <= world.now():
        raise Refused(
            what=f"allocation source {source.name} ended on {source.end_date:%Y-%m-%d}",
            why="users cannot use an ended source",
            next_step="add the hours to a source that is in use",
        )
    snapshot = allocations.find_snapshot(source)
    hours = params.compute_allowed_hours
    changes = (
        *edits.update(source, compute_allowed=hours),
        *edits.update(snapshot, compute_allowed=allocations.to_decimal(hours)),
    )
    warnings = _warnings(source, snapshot, hours)
    if not changes:
        return Plan(because=f"{source.name} already allows {hours} hours", warnings=warnings)
    if hours < snapshot.compute_used:
        raise Refused(
            what=f"{hours} hours are less than the {snapshot.compute_used} hours already used of {source.name}",
            why="Atmosphere would act on the overuse, and its API also rejects such a limit",
            next_step=f"allow at least {math.ceil(snapshot.compute_used)} hours",
        )
    event = edits.insert(allocations.change_event(source, hours, now=world.now()))
    return Plan(changes=(*changes, event), warnings=warnings, expects=(edits.expect(source, "end_date"),))


def _warnings(source: AllocationSource, snapshot: AllocationSourceSnapshot, hours: int) -> tuple[str, ...]:
    """Return the use, what an unusual old limit means, and how long the new limit lasts."""
    remaining = hours - snapshot.compute_used
    warnings = [f"{snapshot.compute_used} of {hours} hours of {source.name} are used; {remaining} remain"]
    if source.compute_allowed < 0:
        warnings.append(
            f"the source has no limit now ({source.compute_allowed}), and this sets one. Only undo restores it: "
            "neither this procedure nor Atmosphere's API sets a negative number"
        )
    if source.compute_allowed != snapshot.compute_allowed:
        warnings.append(
            f"source and snapshot differ now: {allocations.describe_hours(source.compute_allowed)} and "
            f"{allocations.describe_hours(snapshot.compute_allowed)}; this sets both"
        )
    if source.end_date is not None:
        warnings.append(f"the source ends on {source.end_date:%Y-%m-%d}, even if hours remain")
    if 0 <= source.compute_allowed < hours:
        warnings.append(_AFTER_A_RAISE)
    if renewal := allocations.describe_renewal(source):
        warnings.append(renewal)
    return tuple(warnings)
