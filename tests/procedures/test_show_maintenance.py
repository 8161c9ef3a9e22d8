"""show_maintenance: both sites, what each kind of record does, and what is seen meanwhile."""

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
ERRORS = "open, with nothing but errors: the API is closed"


def seen(inspection: Any) -> dict[str, tuple[Any, ...]]:
    """Return who → what each site shows."""
    return {who: tuple(rest) for who, *rest in inspection.parts[0].rows}


def states(inspection: Any, site: str) -> dict[str, str]:
    """Return title → state of a site's records."""
    return {row[3]: row[2] for row in inspection.parts[1].rows if row[0] == site}


def test_every_unfinished_record_is_shown_with_its_state(world: World, bench: Bench) -> None:
    """Active, overdue, upcoming and bound to a provider; what is over is left out."""
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


def test_the_answer_says_which_site_is_closed(world: World, bench: Bench) -> None:
    """By how many records, and how many of them are overdue; one of a provider closes nothing."""
    answer = check_inspection(world, bench, NAME).answer

    assert (
        "Atmosphere is closed by 3 records, 1 of them overdue. Troposphere is closed by 3 records, 1 of them overdue."
    ) == answer


def test_what_people_see_while_both_are_closed(world: World, bench: Bench) -> None:
    """Staff get into Troposphere and meet nothing but errors there."""
    assert {
        "users": ("503 from the API", "the maintenance page"),
        "staff": ("503 from the API", ERRORS),
        "an emulated session": ("503 from the API", ERRORS),
        "the banner": ("has none", "Maintenance Information"),
    } == seen(check_inspection(world, bench, NAME))


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("site", "users", "staff"),
    [
        ("troposphere", ("503 from the API", ERRORS), ("503 from the API", ERRORS)),
        ("atmosphere", ("open", "the maintenance page"), ("open", "open")),
        ("both", ("open", "open"), ("open", "open")),
    ],
)
def test_what_people_see_after_one_or_both_were_opened(
    world: World, bench: Bench, site: str, users: tuple[str, ...], staff: tuple[str, ...]
) -> None:
    """Only one site closed is said in the answer, since it puzzles users."""
    apply(world, bench, plan(world, "stop_maintenance", site=site))

    inspection = check_inspection(world, bench, NAME)

    assert (users, staff) == (seen(inspection)["users"], seen(inspection)["staff"])
    assert (site != "both") == ("Only one of the two is" in inspection.answer)


@pytest.mark.both_databases
def test_the_commands_end_what_is_closed(world: World, bench: Bench) -> None:
    """Both sites by default, the one that is closed otherwise, and none when both are open."""
    both = check_inspection(world, bench, NAME)
    apply(world, bench, plan(world, "stop_maintenance", site="atmosphere"))
    one = check_inspection(world, bench, NAME)
    apply(world, bench, plan(world, "stop_maintenance", site="both"))
    none = check_inspection(world, bench, NAME)

    assert ["runbook plan stop_maintenance", ""] == [step.command for step in both.steps]
    assert "One is overdue" in both.steps[0].text
    assert "runbook plan stop_maintenance -p site=troposphere" == one.steps[0].command
    assert ["runbooks/stop-maintenance.html", "runbooks/start-maintenance.html"] == [step.page for step in none.steps]


def test_the_limits_of_a_record_are_exact(world: World, bench: Bench) -> None:
    """It begins at its start, it is over at its end, and two days old is not overdue yet."""
    now = world.now()
    AtmosphereRecord.objects.filter(title="1/15 (master) Maintenance").update(start_date=now)
    AtmosphereRecord.objects.filter(title="Window until the evening").update(end_date=now)
    AtmosphereRecord.objects.filter(title="Forgotten maintenance").update(start_date=now - timedelta(days=2))

    found = states(check_inspection(world, bench, NAME), "atmosphere")

    assert "active" == found["1/15 (master) Maintenance"]
    assert "Window until the evening" not in found
    assert "active" == found["Forgotten maintenance"]


def test_a_record_with_an_end_is_never_overdue(world: World, bench: Bench) -> None:
    """Somebody thought of its end, however long it lasts."""
    TroposphereRecord.objects.filter(title="Forgotten maintenance").update(end_date=world.now() + timedelta(days=1))

    assert "active" == states(check_inspection(world, bench, NAME), "troposphere")["Forgotten maintenance"]


def test_the_banner_is_shown_when_it_is_switched_on(world: World, bench: Bench) -> None:
    """With its title, and the remark that its end is past; switched off it is none."""
    MaintenanceNotice.objects.update(end_date=world.now() - timedelta(days=1))
    past = seen(check_inspection(world, bench, NAME))["the banner"]
    MaintenanceNotice.objects.update(show_message=False)
    off = seen(check_inspection(world, bench, NAME))["the banner"]

    assert ("has none", "Maintenance Information (its end, 2026-01-14, is past)") == past
    assert ("has none", "none") == off


def test_an_overdue_record_is_trouble_on_the_timeline(world: World, bench: Bench) -> None:
    """An upcoming record is on it without an end; what is under way lasts."""
    events = {
        event.text: event for event in check_inspection(world, bench, NAME).events if event.source == "atmosphere"
    }

    assert events["Forgotten maintenance (overdue)"].trouble
    assert events["1/15 (master) Maintenance (active)"].lasts
    assert not events["February maintenance (upcoming)"].lasts
    assert "Storage work at IU on provider 4 Jetstream - Indiana University (active)" in events


def test_one_site_alone_gives_a_partial_answer(bench: Bench) -> None:
    """Without Atmosphere's database nobody knows what staff meet behind Troposphere's page."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME)

    assert inspection.answer.startswith("Whether Atmosphere is closed is not known. Troposphere is ")
    assert ["atmosphere"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_ATMOSPHERE_DB" in inspection.gaps[0].how
    assert ("open; what the API answers is not known",) == seen(inspection)["staff"]


def test_without_any_site_it_says_so(bench: Bench) -> None:
    """Two databases that are not configured give no empty answer but an error."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME)
