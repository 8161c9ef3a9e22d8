"""Show active, upcoming and overdue maintenance records, and what users and staff see now on each site."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.model import DATABASES, Database
from runbook_lib.model.inspection import Event, Inspection, Step, Table, Value, page, to_plan
from runbook_lib.systems.db.queries import open_maintenance
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.systems.db.queries.open_maintenance import Closure, SiteMaintenance
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Maintenance"
MINUTES = 1
NEEDS = ("atmosphere or troposphere",)
OPTIONAL = {"atmosphere": "its maintenance", "troposphere": "its maintenance"}
_EXEMPT = "the users in MAINTENANCE_EXEMPT_USERNAMES of a site have access in any case"
_NOTE = (
    "overdue: no end, and begun more than 2 days ago. A record for one provider does not close a site, and "
    "stop_maintenance does not end it"
)


def inspect(world: World) -> Inspection:
    """Return the unfinished maintenance records of both sites, and their effects. Reads the records and the banner.

    Raises:
        NotConnected: Neither site responds; with only one site, the answer is partial and says so.

    Source: core/models/maintenance.py and api/permissions.py of Atmosphere v37, views/app.py of Troposphere v36.
    """
    now = world.now()
    answers = world.ask({name: partial(open_maintenance.read_maintenance, name, now=now) for name in DATABASES})
    answers.require_any()
    sites: Mapping[Database, SiteMaintenance] = answers.responses
    rows = tuple(_row(name, record) for name, site in sites.items() for record in site.closures)
    columns = ("site", "id", "state", "title", "begins", "ends", "provider", "disables login")
    return Inspection(
        answer=" ".join(_answer(name, answers) for name in DATABASES) + _apart(sites),
        parts=(
            Table("Access now", ("who", *(name.title() for name in sites)), tuple(_access(sites)), note=_EXEMPT),
            Table("Records that have not ended", columns, rows, note=_NOTE),
        ),
        events=tuple(_event(name, record) for name, site in sites.items() for record in site.closures),
        gaps=answers.gaps,
        steps=tuple(_steps(sites)),
    )


def _answer(name: Database, answers: Answers) -> str:
    site: SiteMaintenance | None = answers.get(name)
    if site is None:
        return f"It is unknown whether {name.title()} is closed."
    closing = [record for record in site.closures if record.is_closing_site]
    if not closing:
        return f"{name.title()} is open."
    overdue = sum(record.state == "overdue" for record in closing)
    note = f", {overdue} of them overdue" if overdue else ""
    return f"{name.title()} is closed by {count(len(closing), 'record')}{note}."


def _apart(sites: Mapping[Database, SiteMaintenance]) -> str:
    """Return the sentence for two sites of which only one is closed."""
    shut = {name: any(record.is_closing_site for record in site.closures) for name, site in sites.items()}
    if len(set(shut.values())) < len(DATABASES):
        return ""
    return " Only one site is closed: users get errors, or a closed page over an open API."


def _row(name: Database, record: Closure) -> tuple[Value, ...]:
    start = (name, record.key, record.state, record.title)
    return (*start, record.begins, record.ends, record.provider, record.disable_login)


def _access(sites: Mapping[Database, SiteMaintenance]) -> Iterator[tuple[Value, ...]]:
    """Yield what each site shows to each group of people: one row per group."""
    shut = {name: any(record.is_closing_site for record in site.closures) for name, site in sites.items()}
    closed, inside = shut.get("atmosphere"), "open"
    if closed:
        inside = "open, but shows only errors: the API is closed"
    elif closed is None:
        inside = "open; the API's state is unknown"
    for group in ("users", "staff", "an emulated session"):
        page = "the maintenance page" if shut.get("troposphere") and group == "users" else inside
        access = {"atmosphere": "503 from the API" if closed else "open", "troposphere": page}
        yield group, *(access[name] for name in sites)
    if "troposphere" in sites:
        banner = {"troposphere": sites["troposphere"].banner or "none"}
        yield "the banner", *(banner.get(name, "none") for name in sites)


def _event(name: Database, record: Closure) -> Event:
    where = f" on provider {record.provider}" if record.provider else ""
    return Event(
        time=record.begins,
        source=name,
        text=f"{record.title}{where} ({record.state})",
        until=record.ends,
        lasts=record.ends is None and record.state != "upcoming",
        trouble=record.state == "overdue",
    )


def _steps(sites: Mapping[Database, SiteMaintenance]) -> Iterator[Step]:
    closing = {name: [record for record in site.closures if record.is_closing_site] for name, site in sites.items()}
    shut = [name for name, records in closing.items() if records]
    if shut:
        overdue = any(record.state == "overdue" for name in shut for record in closing[name])
        when = "A record is overdue. If the others are over too" if overdue else "When the work is done"
        given = {"site": shut[0]} if len(shut) < len(DATABASES) else {}
        stop = to_plan("stop_maintenance", **given)
        yield Step(f"{when}, open the site again; this ends every active record.", *stop)
    if any(record.state == "upcoming" for site in sites.values() for record in site.closures):
        text = "stop_maintenance does not cancel an upcoming record: undo the run that created it, or set its end."
        yield Step(text, page=page("stop_maintenance"))
    if not shut:
        yield Step("Close both sites at the same time.", page=page("start_maintenance"))
