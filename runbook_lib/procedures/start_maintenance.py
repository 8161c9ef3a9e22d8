"""Start a maintenance on Atmosphere, on Troposphere, or on both: users are kept out until it is stopped."""

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

MINUTES = 3
NEEDS = ("atmosphere", "troposphere")
MESSAGE = "Atmosphere is down for a Scheduled Maintenance"


@dataclass(frozen=True, kw_only=True)
class Params:
    """What users read, and since when."""

    title: str = param("What users read as the title.", example="1/15 (v37) Maintenance")
    message: str = param("What users read below it.", default=MESSAGE, longest=4000)
    site: Literal["both", "atmosphere", "troposphere"] = param("Which site to close.", default="both")
    start: datetime | None = param(
        "When it begins, with the offset from UTC, such as 2026-01-15T18:00-07:00; not given means now.", default=None
    )
    beside_active: bool = param("Start it although another maintenance is active then.", default=False, example=True)


def plan(world: World, params: Params) -> Plan:
    """Return one new record a site, as upstream's management command writes it.

    A site that has this very maintenance already gets no second record, so a run that was cut off can be run again.

    Raises:
        Refused: Another maintenance is active at the begin, and ``beside_active`` is False; or the title belongs to
            another one that has no end yet.

    Source: core/management/commands/maintenance.py of Atmosphere v37, the same file in Troposphere v36.
    """
    now = world.now()
    start = params.start or now
    chosen: tuple[Database, ...] = DATABASES if params.site == "both" else (params.site,)
    there = {database: _the_same(database, params, now) for database in chosen}
    told = [f"{database.title()} has it already: {record}" for database, record in there.items() if record]
    missing = [database for database in chosen if not there[database]]
    if not missing:
        return Plan(because="; ".join(told))
    beside = _beside(missing, max(start, now), params)
    return Plan(
        changes=tuple(_record(database, params, start, now) for database in missing),
        warnings=(*told, *beside, *_left(missing, start, now), *_effects(missing, start, now)),
    )


def _the_same(database: Database, params: Params, now: datetime) -> str:
    """Return the record of this title that is this maintenance, in words; empty when there is none.

    Raises:
        Refused: The title is that of another one, which has no end yet: nobody could tell the two apart.
    """
    found = maintenance.open_ended(database, params.title)
    for record in found:
        if record.start_date == params.start or (params.start is None and record.start_date <= now):
            return maintenance.describe([record])
    if found:
        raise Refused(
            what=f"{database.title()} has another maintenance of this title: {maintenance.describe(found)}",
            why="users and operators could not tell the two apart",
            next_step="give another title; to bring that one forward, change its start date on the admin pages",
        )
    return ""


def _beside(missing: list[Database], begin: datetime, params: Params) -> list[str]:
    """Return which other maintenances are active when this one begins.

    Raises:
        Refused: There are, and that was not asked for.
    """
    running = {database: records for database in missing if (records := maintenance.active(database, now=begin))}
    told = [f"{database.title()} has {maintenance.describe(records)}" for database, records in running.items()]
    if told and not params.beside_active:
        raise Refused(
            what=f"another maintenance is active at {begin:%Y-%m-%d %H:%M} UTC: {'; '.join(told)}",
            why="a second record keeps users out until both have ended",
            next_step="stop it with stop_maintenance, or start beside it with beside_active=True",
        )
    return [f"also active at its begin: {line}" for line in told]


def _left(missing: list[Database], start: datetime, now: datetime) -> list[str]:
    """Return what begins later, and what is bound to a provider: neither is in the way, and both stay."""
    later = {database: maintenance.upcoming(database, now=max(start, now)) for database in missing}
    told = [
        f"still to come on {name.title()}: {maintenance.describe(records)}"
        for name, records in later.items()
        if records
    ]
    if "atmosphere" in missing and (bound := maintenance.bound_to_provider(now=now)):
        told.append(f"bound to one provider on Atmosphere: {maintenance.describe(bound)}")
    return told


def _effects(missing: list[Database], start: datetime, now: datetime) -> list[str]:
    """Return what it means for users, for staff and for this runbook."""
    told = []
    if "atmosphere" in missing:
        told.append(
            "Atmosphere's API answers 503 to everybody meanwhile, staff too; only the names in "
            "MAINTENANCE_EXEMPT_USERNAMES get through. Procedures that need the API have to wait; Celery's tasks go on"
        )
    if "troposphere" in missing:
        told.append("Troposphere still lets staff in; everybody else is sent to its maintenance page")
    if start > now:
        told.append("it begins later: stop_maintenance cannot cancel it before then; undo of this run can")
    elif start < now:
        told.append(f"its begin, {start:%Y-%m-%d %H:%M} UTC, is past: the sites close at once")
    return told


def _record(database: Database, params: Params, start: datetime, now: datetime) -> RowInsert:
    values = {"title": params.title, "message": params.message, "start_date": start, "disable_login": True}
    if database == "troposphere":
        values |= {"created_date": now, "modified_date": now}
    bound = ("provider_id",) if database == "atmosphere" else ()
    return edits.insert(maintenance.MODELS[database](**values), unless=("title", "end_date", *bound))
