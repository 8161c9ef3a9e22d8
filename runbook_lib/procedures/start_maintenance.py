"""Start a maintenance on Atmosphere, on Troposphere, or on both: users have no access until you stop it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import Refused
from runbook_lib.model import DATABASES, Database, RowInsert
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import maintenance

if TYPE_CHECKING:
    from runbook_lib.world.world import World

GROUP = "Maintenance"
MINUTES = 3
NEEDS = ("atmosphere", "troposphere")
MESSAGE = "Atmosphere is down for a Scheduled Maintenance"


@dataclass(frozen=True, kw_only=True)
class Params:
    """What users read, and the start of the maintenance."""

    title: str = param("The title that users read.", example="1/15 (v37) Maintenance")
    message: str = param(
        "The message that users read below the title.", default=MESSAGE, longest=4000, form="paragraphs"
    )
    site: Literal["both", "atmosphere", "troposphere"] = param("The site to close.", default="both")
    start: datetime | None = param(
        "When it starts, with the offset from UTC, such as 2026-01-15T18:00-07:00; empty: now.", default=None
    )
    beside_active: bool = param("Start it even if another maintenance is active then.", default=False, practice=True)


def plan(world: World, params: Params) -> Plan:
    """Return one new record per site, as upstream's management command writes it.

    A site that already has this maintenance gets no second record, so an interrupted run can be run again.

    Raises:
        Refused: Another maintenance is active at the start, and ``beside_active`` is False; or another maintenance
            without an end has this title.

    Source: core/management/commands/maintenance.py of Atmosphere v37, the same file in Troposphere v36.
    """
    now = world.now()
    start = params.start or now
    chosen: tuple[Database, ...] = DATABASES if params.site == "both" else (params.site,)
    existing = {database: _existing(database, params, now) for database in chosen}
    present = [f"{database.title()} already has it: {record}" for database, record in existing.items() if record]
    missing = [database for database in chosen if not existing[database]]
    if not missing:
        return Plan(because="; ".join(present))
    beside = _beside(missing, max(start, now), params)
    return Plan(
        changes=tuple(_record(database, params, start, now) for database in missing),
        warnings=(*present, *beside, *_others(missing, start, now), *_effects(missing, start, now)),
    )


def _existing(database: Database, params: Params, now: datetime) -> str:
    """Return the name of the record that is this maintenance; empty when there is none.

    Raises:
        Refused: Another maintenance without an end has this title, so nobody could distinguish the two.
    """
    records = maintenance.open_ended(database, params.title)
    for record in records:
        if record.start_date == params.start or (params.start is None and record.start_date <= now):
            return maintenance.describe([record])
    if records:
        raise Refused(
            what=f"{database.title()} has another maintenance of this title: {maintenance.describe(records)}",
            why="users and operators could not distinguish the two",
            next_step="give another title; to start that one earlier, change its start date on the admin pages",
        )
    return ""


def _beside(missing: list[Database], begin: datetime, params: Params) -> list[str]:
    """Return the other maintenances that are active when this one starts.

    Raises:
        Refused: There are others, and ``beside_active`` is False.
    """
    running = {database: records for database in missing if (records := maintenance.active(database, now=begin))}
    active = [f"{database.title()} has {maintenance.describe(records)}" for database, records in running.items()]
    if active and not params.beside_active:
        raise Refused(
            what=f"another maintenance is active at {begin:%Y-%m-%d %H:%M} UTC: {'; '.join(active)}",
            why="a second record keeps users out until both have ended",
            next_step="stop it with stop_maintenance, or start a second one beside it with beside_active=True",
        )
    return [f"also active at its start: {line}" for line in active]


def _others(missing: list[Database], start: datetime, now: datetime) -> list[str]:
    """Return the upcoming maintenances, and those of a single provider: neither is in the way, and both stay."""
    later = {database: maintenance.upcoming(database, now=max(start, now)) for database in missing}
    lines = [
        f"upcoming on {name.title()}: {maintenance.describe(records)}" for name, records in later.items() if records
    ]
    if "atmosphere" in missing and (bound := maintenance.bound_to_provider(now=now)):
        lines.append(f"for a single provider on Atmosphere: {maintenance.describe(bound)}")
    return lines


def _effects(missing: list[Database], start: datetime, now: datetime) -> list[str]:
    """Return the effects on users, on staff and on this runbook."""
    effects = []
    if "atmosphere" in missing:
        effects.append(
            "Atmosphere's API responds 503 to all users and staff during the maintenance; only the names in "
            "MAINTENANCE_EXEMPT_USERNAMES have access. Procedures that need the API must wait; Celery's tasks continue"
        )
    if "troposphere" in missing:
        effects.append("Troposphere still admits staff; it redirects all other users to its maintenance page")
    if start > now:
        effects.append("it starts later: stop_maintenance cannot cancel it before then; undo of this run can")
    elif start < now:
        effects.append(f"its start, {start:%Y-%m-%d %H:%M} UTC, is in the past: the sites close immediately")
    return effects


def _record(database: Database, params: Params, start: datetime, now: datetime) -> RowInsert:
    values = {"title": params.title, "message": params.message, "start_date": start, "disable_login": True}
    if database == "troposphere":
        values |= {"created_date": now, "modified_date": now}
    bound = ("provider_id",) if database == "atmosphere" else ()
    return edits.insert(maintenance.MODELS[database](**values), unless=("title", "end_date", *bound))
