"""Starting a maintenance: the records of both sites, other active or upcoming ones, and the undo."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CannotUndo, NotConnected, ParamError, Refused, StalePlan
from runbook_lib.fixture.clock import NOW
from runbook_lib.systems.db.queries import maintenance
from tests.checks import apply, check_plans, check_refuses, check_round_trip, everything, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.model import Database
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "start_maintenance"
TITLE = "1/15 (v37) Maintenance"
MESSAGE = "Atmosphere is down for a Scheduled Maintenance"
BESIDE: dict[str, Any] = {"title": TITLE, "beside_active": True}
API_503 = (
    "Atmosphere's API responds 503 to all users and staff during the maintenance; only the names in "
    "MAINTENANCE_EXEMPT_USERNAMES have access. Procedures that need the API must wait; Celery's tasks continue"
)
STAFF_GET_IN = "Troposphere still admits staff; it redirects all other users to its maintenance page"
BOUND = "for a single provider on Atmosphere: 'Storage work at IU' (id 25505, from 2026-01-15 09:00 UTC)"
FEBRUARY = "'February maintenance' (id {}, from 2026-02-04 12:00 UTC)"
ACTIVE = (
    "'Forgotten maintenance' (id {}02, from 2025-12-25 12:00 UTC), "
    "'Window until the evening' (id {}03, from 2026-01-15 10:00 UTC), "
    "'1/15 (master) Maintenance' (id {}01, from 2026-01-15 11:00 UTC)"
)


def record(database: Database, *, title: str = TITLE, message: str = MESSAGE, start: str = NOW.isoformat()) -> str:
    """Return the insertion of one record as `describe` words it."""
    table, end = ("maintenance_record", "provider_id: null")
    if database == "troposphere":
        now = NOW.isoformat()
        table, end = "api_maintenancerecord", f'created_date: "{now}", modified_date: "{now}"'
    return (
        f'insert {database} {table}:new  start_date: "{start}", end_date: null, title: "{title}", '
        f'message: "{message}", disable_login: true, {end}'
    )


def calm(world: World, bench: Bench) -> None:
    """Stop every active maintenance."""
    apply(world, bench, plan(world, "stop_maintenance"))


@pytest.mark.parametrize(
    ("site", "keys"), [("atmosphere", ("255",)), ("troposphere", ("275",)), ("both", ("255", "275"))]
)
def test_second_active_record_is_refused_unless_allowed(
    world: World, bench: Bench, site: str, keys: tuple[str, ...]
) -> None:
    """The refusal names every active record of each chosen site."""
    error = check_refuses(
        world, bench, NAME, Refused, "another maintenance is active at 2026-01-15 12:00 UTC", title=TITLE, site=site
    )

    for key in keys:
        assert ACTIVE.format(key, key, key) in error.what
    assert len(keys) == error.what.count("Forgotten")
    assert "stop_maintenance" in error.next_step
    assert "beside_active=True" in error.next_step


@pytest.mark.both_databases
def test_only_records_active_at_the_start_block_it(world: World, bench: Bench) -> None:
    """A window that ends this evening does not block tomorrow; one without an end does, or one that starts before."""
    error = check_refuses(
        world, bench, NAME, Refused, "is active at 2026-01-16 18:00 UTC", title=TITLE, start="2026-01-16T18:00Z"
    )
    assert "Forgotten" in error.what
    assert "Window until the evening" not in error.what

    calm(world, bench)
    late = check_refuses(
        world, bench, NAME, Refused, "is active at 2026-02-05 18:00 UTC", title=TITLE, start="2026-02-05T18:00Z"
    )
    assert FEBRUARY.format(25504) in late.what


@pytest.mark.parametrize("start", ["2026-01-20T18:00", "2026-01-20", "tomorrow", "2026-02-30T18:00Z", "18:00-07:00"])
def test_start_without_an_offset_is_refused(world: World, bench: Bench, start: str) -> None:
    """The sites keep different zones, so the intended one is unknown."""
    check_refuses(world, bench, NAME, ParamError, "start ", **BESIDE, start=start)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"title": ""}, "title is missing"),
        ({"title": "x" * 257}, "title has 257 characters; the column holds 256"),
        ({"title": " x"}, "title begins or ends with a blank"),
        ({"title": "a\nb"}, "title holds the character U+000A"),
        ({"title": TITLE, "message": "x" * 4001}, "message has 4001 characters"),
        ({"title": TITLE, "site": "atmo"}, "site must be both or atmosphere or troposphere"),
    ],
)
def test_texts_are_checked_before_anything_is_read(
    world: World, bench: Bench, given: dict[str, str], text: str
) -> None:
    """The refusal is about a title that does not fit the column, or that would not show."""
    check_refuses(world, bench, NAME, ParamError, text, **given)


def test_title_of_another_open_ended_record_is_refused(world: World, bench: Bench) -> None:
    """Nobody could distinguish two records of one title."""
    error = check_refuses(
        world, bench, NAME, Refused, "has another maintenance of this title", title="February maintenance"
    )

    assert FEBRUARY.format(25504) in error.what


@pytest.mark.parametrize(
    ("given", "start"),
    [({"title": "Forgotten maintenance"}, ""), ({"title": "February maintenance"}, "2026-02-04T05:00-07:00")],
)
def test_existing_maintenance_is_not_started_twice(world: World, given: dict[str, str], start: str) -> None:
    """The same title without an end, already active or with the same start: nothing to do."""
    planned = plan(world, NAME, **given, start=start)

    assert () == planned.changes
    assert planned.because.startswith("Atmosphere already has it: ")
    assert "; Troposphere already has it: " in planned.because


@pytest.mark.both_databases
def test_missing_record_is_added_to_the_other_site(world: World, bench: Bench) -> None:
    """A second run completes a run that reached only one site, and the plan names the existing record."""
    apply(world, bench, plan(world, NAME, **BESIDE, site="atmosphere"))

    planned = check_plans(world, NAME, [record("troposphere")], **BESIDE)

    assert planned.warnings[0].startswith(f"Atmosphere already has it: '{TITLE}' (id ")
    assert API_503 not in planned.warnings
    apply(world, bench, planned)
    second = plan(world, NAME, **BESIDE)
    assert () == second.changes


def test_both_sites_get_the_records_of_the_command(world: World) -> None:
    """One row each, without an end and without a provider; the warnings name other records and the effects."""
    planned = check_plans(world, NAME, [record("atmosphere"), record("troposphere")], **BESIDE)

    assert (
        f"also active at its start: Atmosphere has {ACTIVE.format(255, 255, 255)}",
        f"also active at its start: Troposphere has {ACTIVE.format(275, 275, 275)}",
        f"upcoming on Atmosphere: {FEBRUARY.format(25504)}",
        f"upcoming on Troposphere: {FEBRUARY.format(27504)}",
        BOUND,
        API_503,
        STAFF_GET_IN,
    ) == planned.warnings


@pytest.mark.parametrize(
    ("site", "expected", "absent"), [("atmosphere", API_503, STAFF_GET_IN), ("troposphere", STAFF_GET_IN, API_503)]
)
def test_single_site_can_be_closed(world: World, site: Database, expected: str, absent: str) -> None:
    """The other site is neither written nor mentioned."""
    planned = check_plans(world, NAME, [record(site)], **BESIDE, site=site)

    assert expected in planned.warnings
    assert absent not in planned.warnings
    assert [] == [
        note for note in planned.warnings if {"atmosphere": "Troposphere", "troposphere": "on Atmo"}[site] in note
    ]


@pytest.mark.both_databases
def test_no_record_is_active_after_a_stop(world: World, bench: Bench) -> None:
    """Then beside_active is not required; a single provider's record is named, but does not block the start."""
    calm(world, bench)

    planned = check_plans(world, NAME, [record("atmosphere"), record("troposphere")], title=TITLE)

    assert [] == [note for note in planned.warnings if note.startswith("also active")]
    assert BOUND in planned.warnings


def test_later_start_is_stored_in_utc_and_can_only_be_undone(world: World) -> None:
    """The plan says that stop_maintenance cannot cancel it; Troposphere's row still has the present time."""
    start = "2026-01-21T01:00:00+00:00"
    planned = check_plans(
        world,
        NAME,
        [
            record("atmosphere", start=start, message="Back at 9 pm."),
            record("troposphere", start=start, message="Back at 9 pm."),
        ],
        **BESIDE,
        message="Back at 9 pm.",
        start="2026-01-20T18:00-07:00",
    )

    later = "it starts later: stop_maintenance cannot cancel it before then; undo of this run can"
    assert later == planned.warnings[-1]
    assert start == planned.params["start"]


def test_start_in_the_past_is_accepted_and_reported(world: World) -> None:
    """Upstream accepts it too; the sites close immediately."""
    planned = plan(world, NAME, **BESIDE, start="2026-01-15T04:00-07:00")

    assert "its start, 2026-01-15 11:00 UTC, is in the past: the sites close immediately" == planned.warnings[-1]


@pytest.mark.both_databases
def test_new_records_are_active(world: World, bench: Bench) -> None:
    """Upstream's own query returns them on both sites."""
    apply(world, bench, plan(world, NAME, **BESIDE))

    for database in ("atmosphere", "troposphere"):
        assert TITLE in [record.title for record in maintenance.active(database, now=NOW)]


@pytest.mark.both_databases
def test_upcoming_maintenance_can_be_undone(world: World, bench: Bench) -> None:
    """Plan, apply, verify and undo with a later start leave everything as before."""
    check_round_trip(world, bench, NAME, **BESIDE, start="2026-03-01T18:00-07:00", message="ünïcode — “quoted”")


@pytest.mark.both_databases
def test_undo_is_refused_after_a_stop(world: World, bench: Bench) -> None:
    """A record with an end is history and is not deleted."""
    outcome = apply(world, bench, plan(world, NAME, **BESIDE))
    calm(world, bench)
    before = everything(bench)

    with pytest.raises(StalePlan, match="end_date was None when the plan was made"):
        undo_plan(world, bench, outcome.run_id)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_undo_is_refused_after_an_edit_or_deletion(world: World, bench: Bench) -> None:
    """Only an unchanged record is deleted."""
    outcome = apply(world, bench, plan(world, NAME, **BESIDE))
    for database in ("atmosphere", "troposphere"):
        maintenance.MODELS[database]._base_manager.filter(title=TITLE).update(message="Back at noon.")
    with pytest.raises(StalePlan, match="message was"):
        undo_plan(world, bench, outcome.run_id)

    maintenance.MODELS["atmosphere"]._base_manager.filter(title=TITLE).delete()
    maintenance.MODELS["troposphere"]._base_manager.filter(title=TITLE).update(message=MESSAGE)
    with pytest.raises(StalePlan, match="the row was 'present'"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_plan_is_applied_only_once(world: World, bench: Bench) -> None:
    """The second apply meets a record of this title without an end."""
    planned = plan(world, NAME, **BESIDE)
    apply(world, bench, planned)
    before = everything(bench)

    with pytest.raises(StalePlan, match="title, end_date, provider_id was 'absent'"):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_start_is_undone_only_once(world: World, bench: Bench) -> None:
    """The records are gone, and the second undo says so."""
    outcome = check_round_trip(world, bench, NAME, **BESIDE)

    with pytest.raises(CannotUndo):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_failing_site_leaves_both_unchanged(world: World, bench: Bench) -> None:
    """An error before the first commit leaves both as they were."""
    planned = plan(world, NAME, **BESIDE)
    before = everything(bench)

    def fail(point: str) -> None:
        if point == "rows are written, not committed":
            raise NotConnected(kind="unreachable", system="the troposphere database", address="here", reason="gone")

    with pytest.raises(NotConnected):
        apply(world, bench, planned, watch=fail)
    assert before == everything(bench)


def test_start_in_a_plan_is_utc(world: World) -> None:
    """The database returns the same time, in any zone that it was typed in."""
    planned = plan(world, NAME, **BESIDE, start="2026-01-20T18:00+05:45")

    assert "2026-01-20T12:15:00+00:00" == planned.params["start"]
    assert datetime(2026, 1, 20, 12, 15, tzinfo=UTC).isoformat() in planned.changes[0].describe()
