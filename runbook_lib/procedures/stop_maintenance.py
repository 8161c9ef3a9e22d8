"""Stop every maintenance that is active on Atmosphere, on Troposphere, or on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.model import DATABASES, Database, RowUpdate
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import maintenance

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.world.world import World

GROUP = "Maintenance"
MINUTES = 3
NEEDS = ("atmosphere", "troposphere")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The site to open again."""

    site: Literal["both", "atmosphere", "troposphere"] = param("The site to open.", default="both")


def plan(world: World, params: Params) -> Plan:
    """Return the end of every active record, as upstream's management command writes it.

    Like upstream's command, it does not end upcoming records and records of a single provider; the warnings name them.

    Source: core/management/commands/maintenance.py of Atmosphere v37, the same file in Troposphere v36.
    """
    now = world.now()
    chosen: tuple[Database, ...] = DATABASES if params.site == "both" else (params.site,)
    changes = [change for database in chosen for change in _ended(database, now)]
    warnings = [*_left_alone(chosen, now)]
    if changes:
        return Plan(changes=tuple(changes), warnings=tuple(warnings))
    where = " or ".join(database.title() for database in chosen)
    return Plan(because=f"no maintenance is active on {where}", warnings=tuple(warnings))


def _ended(database: Database, now: datetime) -> list[RowUpdate]:
    values: dict[str, object] = {"end_date": now}
    if database == "troposphere":
        values["modified_date"] = now
    return [change for record in maintenance.active(database, now=now) for change in edits.update(record, **values)]


def _left_alone(chosen: tuple[Database, ...], now: datetime) -> list[str]:
    """Return the records that stay: upcoming ones, and those of a single provider."""
    kept = [
        f"{database.title()} keeps its upcoming maintenance: {maintenance.describe(records)}"
        for database in chosen
        if (records := maintenance.upcoming(database, now=now))
    ]
    if "atmosphere" in chosen and (bound := maintenance.bound_to_provider(now=now)):
        kept.append(f"Atmosphere keeps the maintenance of a single provider: {maintenance.describe(bound)}")
    return kept
