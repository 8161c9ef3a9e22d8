"""Show which maintenance closes which site, what is upcoming or overdue, and what users and staff see now."""

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

MINUTES = 1
NEEDS = ("atmosphere or troposphere",)
TELLS_MORE = {"atmosphere": "its maintenance", "troposphere": "its maintenance"}
_EXEMPT = "the names in MAINTENANCE_EXEMPT_USERNAMES of that site get through in any case"
_NOTE = (
    "overdue: no end, and begun more than 2 days ago. A record for one provider closes neither site as a whole, and "
    "stop_maintenance leaves it alone"
)


def inspect(world: World) -> Inspection:
    """Return the unfinished maintenance records of both sites, and what they do now. Reads the records and the banner.

    Raises:
        NotConnected: Neither site answers; with one of them the answer is partial, and says so.

    Source: core/models/maintenance.py and api/permissions.py of Atmosphere v37, views/app.py of Troposphere v36.
    """
    now = world.now()
    answers = world.ask({name: partial(open_maintenance.read_maintenance, name, now=now) for name in DATABASES})
    answers.require_any()
    sites: Mapping[Database, SiteMaintenance] = answers.responses
    rows = tuple(_row(name, one) for name, site in sites.items() for one in site.closures)
    columns = ("site", "id", "state", "title", "begins", "ends", "provider", "disables login")
    return Inspection(
        answer=" ".join(_answer(name, answers) for name in DATABASES) + _apart(sites),
        parts=(
            Table("What is seen now", ("who", *(name.title() for name in sites)), tuple(_seen(sites)), note=_EXEMPT),
            Table("Records that have not ended", columns, rows, note=_NOTE),
        ),
        events=tuple(_event(name, one) for name, site in sites.items() for one in site.closures),
        gaps=answers.gaps,
        steps=tuple(_steps(sites)),
    )


def _answer(name: Database, answers: Answers) -> str:
    site: SiteMaintenance | None = answers.get(name)
    if site is None:
        return f"Whether {name.title()} is closed is not known."
    closing = [one for one in site.closures if one.is_closing_site]
    if not closing:
        return f"{name.title()} is open."
    overdue = sum(one.state == "overdue" for one in closing)
    words = f", {overdue} of them overdue" if overdue else ""
    return f"{name.title()} is closed by {count(len(closing), 'record')}{words}."


def _apart(sites: Mapping[Database, SiteMaintenance]) -> str:
    """Return the sentence for two sites of which only one is closed."""
    shut = {name: any(one.is_closing_site for one in site.closures) for name, site in sites.items()}
    if len(set(shut.values())) < len(DATABASES):
        return ""
    return " Only one of the two is: users meet errors, or a closed page over an open API."


def _row(name: Database, of: Closure) -> tuple[Value, ...]:
    return (name, of.key, of.state, of.title, of.begins, of.ends, of.provider, of.disable_login)


def _seen(sites: Mapping[Database, SiteMaintenance]) -> Iterator[tuple[Value, ...]]:
    """Yield one row for each kind of person: what each site shows to them."""
    shut = {name: any(one.is_closing_site for one in site.closures) for name, site in sites.items()}
    closed, inside = shut.get("atmosphere"), "open"
    if closed:
        inside = "open, with nothing but errors: the API is closed"
    elif closed is None:
        inside = "open; what the API answers is not known"
    for who in ("users", "staff", "an emulated session"):
        page = "the maintenance page" if shut.get("troposphere") and who == "users" else inside
        told = {"atmosphere": "503 from the API" if closed else "open", "troposphere": page}
        yield who, *(told[name] for name in sites)
    if "troposphere" in sites:
        banner = {"troposphere": sites["troposphere"].banner or "none"}
        yield "the banner", *(banner.get(name, "has none") for name in sites)


def _event(name: Database, of: Closure) -> Event:
    where = f" on provider {of.provider}" if of.provider else ""
    return Event(
        moment=of.begins,
        source=name,
        text=f"{of.title}{where} ({of.state})",
        until=of.ends,
        lasts=of.ends is None and of.state != "upcoming",
        trouble=of.state == "overdue",
    )


def _steps(sites: Mapping[Database, SiteMaintenance]) -> Iterator[Step]:
    closing = {name: [one for one in site.closures if one.is_closing_site] for name, site in sites.items()}
    shut = [name for name, records in closing.items() if records]
    if shut:
        overdue = any(one.state == "overdue" for name in shut for one in closing[name])
        when = "One is overdue. If the others are over too" if overdue else "When the work is done"
        given = {"site": shut[0]} if len(shut) < len(DATABASES) else {}
        stop = to_plan("stop_maintenance", **given)
        yield Step(f"{when}, open the site again; that ends every active record.", *stop)
    if any(one.state == "upcoming" for site in sites.values() for one in site.closures):
        text = "Stopping does not cancel an upcoming record: undo the run that made it, or set its end."
        yield Step(text, page=page("stop_maintenance"))
    if not shut:
        yield Step("To close both sites at the same moment:", page=page("start_maintenance"))
