"""show_maintenance: both sites, the effect of each kind of record, and the access during a maintenance."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected
from runbook_lib.systems.db.models.atmosphere.models import MaintenanceRecord as AtmosphereRecord
from runbook_lib.systems.db.models.troposphere.models import MaintenanceNotice
from runbook_lib.systems.db.models.troposphere.models import MaintenanceRecord as TroposphereRecord
from tests.checks import apply, check_inspection, plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "show_maintenance"
ERRORS = "open, but shows only errors: the API is closed"


def access(inspection: Any) -> dict[str, tuple[Any, ...]]:
    """Return the mapping from a group of people to what each site shows them."""
    return {who: tuple(rest) for who, *rest in inspection.parts[0].rows}


def states(inspection: Any, site: str) -> dict[str, str]:
    """Return the mapping from title to state of a site's records."""
    return {row[3]: row[2] for row in inspection.parts[1].rows if row[0] == site}


def test_unfinished_records_are_listed_with_their_state(world: World, bench: Bench) -> None:
    """Active, overdue, upcoming and for a single provider; ended records are left out."""
    inspection = check_inspection(world, bench, NAME)

    everywhere = {
        "Forgotten maintenance": "overdue",
        "Window until the evening": "active",
        "1/15 (master) Maintenance": "active",
        "February maintenance": "upcoming",
    }
    assert everywhere == states(inspection, "troposphere")
    assert everywhere | {"Storage work at IU": "active"} == states(inspection, "atmosphere")
    bound = {row[3]: row[6] for row in inspection.parts[1].rows if row[6]}
    assert {"Storage work at IU": "4 Jetstream - Indiana University"} == bound


def test_answer_names_the_closed_sites(world: World, bench: Bench) -> None:
    """With the number of records, and of those that are probably overdue; a single provider's record closes nothing."""
    answer = check_inspection(world, bench, NAME).answer

    assert (
        "Atmosphere is closed by 3 records, 1 of them overdue. Troposphere is closed by 3 records, 1 of them overdue."
    ) == answer


def test_access_while_both_sites_are_closed(world: World, bench: Bench) -> None:
    """Staff can open Troposphere, but see only errors there."""
    assert {
        "users": ("503 from the API", "the maintenance page"),
        "staff": ("503 from the API", ERRORS),
        "an emulated session": ("503 from the API", ERRORS),
        "the banner": ("none", "Maintenance Information"),
    } == access(check_inspection(world, bench, NAME))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("site", "users", "staff"),
    [
        ("troposphere", ("503 from the API", ERRORS), ("503 from the API", ERRORS)),
        ("atmosphere", ("open", "the maintenance page"), ("open", "open")),
        ("both", ("open", "open"), ("open", "open")),
    ],
)
def test_access_after_a_site_was_opened(
    world: World, bench: Bench, site: str, users: tuple[str, ...], staff: tuple[str, ...]
) -> None:
    """The answer says if only one site is closed, since this confuses users."""
    apply(world, bench, plan(world, "stop_maintenance", site=site))

    inspection = check_inspection(world, bench, NAME)

    assert (users, staff) == (access(inspection)["users"], access(inspection)["staff"])
    assert (site != "both") == ("Only one site is closed" in inspection.answer)


@pytest.mark.both_databases
def test_commands_end_the_active_records(world: World, bench: Bench) -> None:
    """On both sites, or on the closed one; no command if both are open."""
    both = check_inspection(world, bench, NAME)
    apply(world, bench, plan(world, "stop_maintenance", site="atmosphere"))
    troposphere = check_inspection(world, bench, NAME)
    apply(world, bench, plan(world, "stop_maintenance", site="both"))
    none = check_inspection(world, bench, NAME)

    assert ["runbook plan stop_maintenance", ""] == [step.command for step in both.steps]
    assert "A record is overdue" in both.steps[0].text
    assert "runbook plan stop_maintenance -p site=troposphere" == troposphere.steps[0].command
    assert ["runbooks/stop-maintenance.html", "runbooks/start-maintenance.html"] == [step.page for step in none.steps]


def test_limits_of_a_record_are_exact(world: World, bench: Bench) -> None:
    """It is active from its start, ended at its end, and not yet overdue at two days."""
    now = world.now()
    AtmosphereRecord.objects.filter(title="1/15 (master) Maintenance").update(start_date=now)
    AtmosphereRecord.objects.filter(title="Window until the evening").update(end_date=now)
    AtmosphereRecord.objects.filter(title="Forgotten maintenance").update(start_date=now - timedelta(days=2))

    listed = states(check_inspection(world, bench, NAME), "atmosphere")

    assert "active" == listed["1/15 (master) Maintenance"]
    assert "Window until the evening" not in listed
    assert "active" == listed["Forgotten maintenance"]


def test_record_with_an_end_is_never_overdue(world: World, bench: Bench) -> None:
    """Its end was planned, however long it lasts."""
    TroposphereRecord.objects.filter(title="Forgotten maintenance").update(end_date=world.now() + timedelta(days=1))

    assert "active" == states(check_inspection(world, bench, NAME), "troposphere")["Forgotten maintenance"]


def test_banner_is_shown_while_switched_on(world: World, bench: Bench) -> None:
    """With its title, and a remark if its end is past."""
    MaintenanceNotice.objects.update(end_date=world.now() - timedelta(days=1))
    past = access(check_inspection(world, bench, NAME))["the banner"]
    MaintenanceNotice.objects.update(show_message=False)
    off = access(check_inspection(world, bench, NAME))["the banner"]

    assert ("none", "Maintenance Information (its end, 2026-01-14, is past)") == past
    assert ("none", "none") == off


def test_overdue_record_is_trouble_on_the_timeline(world: World, bench: Bench) -> None:
    """An upcoming record has no end there; an active one continues."""
    events = {
        event.text: event for event in check_inspection(world, bench, NAME).events if event.source == "atmosphere"
    }

    assert events["Forgotten maintenance (overdue)"].trouble
    assert events["1/15 (master) Maintenance (active)"].lasts
    assert not events["February maintenance (upcoming)"].lasts
    assert "Storage work at IU on provider 4 Jetstream - Indiana University (active)" in events


def test_one_site_gives_a_partial_answer(bench: Bench) -> None:
    """Without Atmosphere's database, the access of staff behind Troposphere's page is unknown."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME)

    assert inspection.answer.startswith("It is unknown whether Atmosphere is closed. Troposphere is ")
    assert ["atmosphere"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_ATMOSPHERE_DB" in inspection.gaps[0].how
    assert ("open; the API's state is unknown",) == access(inspection)["staff"]


def test_two_missing_sites_are_refused(bench: Bench) -> None:
    """Two databases that are not configured give an error, not an empty answer."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME)
