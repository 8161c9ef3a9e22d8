"""Changing an allocation: source and snapshot agree, no limit is below the use, and the plan shows the renewal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import ParamError, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW, ahead
from runbook_lib.fixture.rows.allocations import GUIDE_SOURCE, source_key
from runbook_lib.systems.db.models.atmosphere.models import AllocationSource, AllocationSourceSnapshot, EventTable
from tests.checks import apply, check_nothing_to_do, check_refuses, check_round_trip, everything, plan, undo_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "change_allocation"
MONTHLY = (
    "the change lasts until the next renewal: on the first day of each month, the allowance is set to 336 hours, "
    "and the used hours are reset to 0 (strategy default)"
)
RAISED = (
    "Atmosphere does not start again what it stopped for overuse, and sends its emails at 50 % and 90 % only once per "
    "source"
)
DISAGREE = "source and snapshot differ now: {} and {}; this sets both"


def check_changes(planned: Plan, name: str, updates: Sequence[str], *, hours: int) -> None:
    """Check that a plan has these updates, and the event that upstream's API would write."""
    *rows, event = planned.changes
    payload = f'{{"allocation_source_name": "{name}", "compute_allowed": {hours}}}'
    expected = (
        f'entity_id: "{name}", name: "allocation_source_compute_allowed_changed", payload: {payload}, '
        f'timestamp: "{NOW.isoformat()}"'
    )

    assert list(updates) == [change.describe() for change in rows]
    assert event.describe().startswith("insert atmosphere event_table:new  uuid: ")
    assert expected == event.describe().split(", ", 1)[1]


def snapshot(name: str) -> AllocationSourceSnapshot:
    """Return a source's snapshot as it is now."""
    return AllocationSourceSnapshot.objects.get(allocation_source_id=source_key(name))


def used(hours: str, name: str, remaining: str, allowed: int) -> str:
    """Return the warning about the use."""
    return f"{hours} of {allowed} hours of {name} are used; {remaining} remain"


@pytest.mark.parametrize(
    ("name", "similar"),
    [("TG-ASC160081", "'TG-ASC160018'"), ("tg-asc160018", "'TG-ASC160018'"), ("joetst", "'joetest'"), ("zzz", "")],
)
def test_missing_source_is_not_found(world: World, bench: Bench, name: str, similar: str) -> None:
    """Upper and lower case matter; the error suggests the most similar name."""
    error = check_refuses(
        world,
        bench,
        NAME,
        TargetNotFound,
        f"there is no allocation source '{name}' in the atmosphere database",
        source_name=name,
        compute_allowed_hours=500,
    )

    assert similar in error.why


@pytest.mark.parametrize("hours", [412, 1, 100])
def test_limit_below_the_use_is_refused(world: World, bench: Bench, hours: int) -> None:
    """412.5 hours are used, so 413 is the lowest limit."""
    error = check_refuses(
        world,
        bench,
        NAME,
        Refused,
        f"{hours} hours are less than the 412.500 hours already used of {GUIDE_SOURCE}",
        source_name=GUIDE_SOURCE,
        compute_allowed_hours=hours,
    )

    assert "allow at least 413 hours" == error.next_step


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "least"), [("TG-OVERUSED", 141), (GUIDE_SOURCE, 413), ("joetest", 12)])
def test_suggested_limit_is_accepted(world: World, bench: Bench, name: str, least: int) -> None:
    """The number in the message works, also when it equals the use."""
    check_refuses(
        world, bench, NAME, Refused, f"allow at least {least} hours", source_name=name, compute_allowed_hours=least - 1
    )
    check_round_trip(world, bench, NAME, source_name=name, compute_allowed_hours=least)


def test_ended_source_is_refused(world: World, bench: Bench) -> None:
    """Nobody could use the hours."""
    check_refuses(
        world,
        bench,
        NAME,
        Refused,
        "allocation source TG-ENDED ended on 2025-12-16",
        source_name="TG-ENDED",
        compute_allowed_hours=800,
    )


def test_source_without_a_snapshot_is_refused(world: World, bench: Bench) -> None:
    """Atmosphere's own change fails on it; the message names the event that creates one."""
    error = check_refuses(
        world,
        bench,
        NAME,
        Refused,
        "allocation source TG-NOSNAPSHOT has no snapshot",
        source_name="TG-NOSNAPSHOT",
        compute_allowed_hours=300,
    )

    assert "allocation_source_created_or_renewed" in error.next_step


@pytest.mark.parametrize("hours", [-1, "-1", 2**31, 1.5, "1e3", True, "all"])
def test_invalid_number_is_refused(world: World, bench: Bench, hours: object) -> None:
    """No limit (-1) is rejected, as in Atmosphere's API, and so are other values than integers."""
    check_refuses(
        world,
        bench,
        NAME,
        ParamError,
        "compute_allowed_hours must be",
        source_name=GUIDE_SOURCE,
        compute_allowed_hours=hours,
    )


@pytest.mark.parametrize(("name", "hours"), [(GUIDE_SOURCE, 1000), ("joetest", 168), ("TG-OVERUSED", 100)])
def test_same_limit_needs_no_change(world: World, name: str, hours: int) -> None:
    """No event is written, even if more than the limit is used."""
    check_nothing_to_do(
        world, NAME, source_name=name, compute_allowed_hours=hours, because=f"{name} already allows {hours} hours"
    )


def test_source_and_snapshot_change_together(world: World) -> None:
    """The plan has both numbers and the event that records them; a source without renewal has no renewal warning."""
    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)
    in_snapshot = f"allocation_source_snapshot:{snapshot(GUIDE_SOURCE).pk}"

    check_changes(
        planned,
        GUIDE_SOURCE,
        [
            f"update atmosphere allocation_source:{source_key(GUIDE_SOURCE)}  compute_allowed: 1000 → 2000",
            f'update atmosphere {in_snapshot}  compute_allowed: "1000.000" → "2000.000"',
        ],
        hours=2000,
    )
    assert (used("412.500", GUIDE_SOURCE, "1587.500", 2000), RAISED) == planned.warnings
    assert [{"end_date": None}] == [expect.values for expect in planned.expects]


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        ("default", MONTHLY),
        ("bi-weekly", "14 days after the last renewal, the allowance is set to 84 hours"),
        ("workshop", "7 days after the last renewal, the allowance is set to 0 hours"),
        ("biweekly", "Atmosphere's rules have no renewal strategy biweekly, so the source is never renewed"),
    ],
)
def test_renewal_is_shown_with_its_numbers(world: World, strategy: str, text: str) -> None:
    """Every strategy of Atmosphere's rules, and the one that its API writes but its rules lack."""
    AllocationSource.objects.filter(name=GUIDE_SOURCE).update(renewal_strategy=strategy)

    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)

    assert text in planned.warnings[-1]


def test_users_own_source_shows_its_renewal(world: World) -> None:
    """The new limit lasts until the month ends, and the plan says so."""
    planned = plan(world, NAME, source_name="joetest", compute_allowed_hours=300)

    assert (used("12.000", "joetest", "288.000", 300), RAISED, MONTHLY) == planned.warnings


@pytest.mark.both_databases
def test_undo_restores_a_source_without_a_limit(world: World, bench: Bench) -> None:
    """-1 is shown in words and restored by undo; the use counts from now on."""
    check_refuses(
        world, bench, NAME, Refused, "less than the 5000.000", source_name="TG-UNLIMITED", compute_allowed_hours=4999
    )
    planned = plan(world, NAME, source_name="TG-UNLIMITED", compute_allowed_hours=6000)
    unlimited = (
        "the source has no limit now (-1), and this sets one. Only undo restores it: neither this procedure nor "
        "Atmosphere's API sets a negative number"
    )
    assert (used("5000.000", "TG-UNLIMITED", "1000.000", 6000), unlimited) == planned.warnings
    assert "compute_allowed: -1 → 6000" in planned.changes[0].describe()

    check_round_trip(world, bench, NAME, source_name="TG-UNLIMITED", compute_allowed_hours=6000)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("allowed", "in_snapshot", "numbers"),
    [(2000, "0.000", ("2000 hours", "0.000 hours")), (-1, "2000.000", ("no limit", "2000.000 hours"))],
)
def test_different_numbers_are_made_equal(
    world: World, bench: Bench, allowed: int, in_snapshot: str, numbers: tuple[str, str]
) -> None:
    """A snapshot is created with 0; a number that is already right is not written."""
    AllocationSource.objects.filter(name=GUIDE_SOURCE).update(compute_allowed=allowed)
    AllocationSourceSnapshot.objects.filter(pk=snapshot(GUIDE_SOURCE).pk).update(compute_allowed=Decimal(in_snapshot))

    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)

    assert DISAGREE.format(*numbers) in planned.warnings
    assert 2 == len(planned.changes)  # one of the two numbers, and the event
    check_round_trip(world, bench, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)


def test_future_end_is_reported(world: World) -> None:
    """Users lose the remaining hours on that day."""
    AllocationSource.objects.filter(name=GUIDE_SOURCE).update(end_date=ahead(days=3))

    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)

    assert "the source ends on 2026-01-18, even if hours remain" in planned.warnings


@pytest.mark.both_databases
def test_renewal_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The renewal's number is not overwritten in either row."""
    planned = plan(world, NAME, source_name="joetest", compute_allowed_hours=300)
    AllocationSource.objects.filter(name="joetest").update(compute_allowed=336)
    before = everything(bench)

    with pytest.raises(StalePlan, match="compute_allowed was 168 when the plan was made and is 336 now"):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_source_that_ends_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The plan relies on a source in use."""
    planned = plan(world, NAME, source_name="joetest", compute_allowed_hours=300)
    AllocationSource.objects.filter(name="joetest").update(end_date=NOW)

    with pytest.raises(StalePlan, match="end_date was None"):
        apply(world, bench, planned)


@pytest.mark.both_databases
def test_periodic_sum_blocks_neither_apply_nor_undo(world: World, bench: Bench) -> None:
    """A task sums up the use every 15 minutes; neither apply nor undo loses its number."""
    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)
    key = snapshot(GUIDE_SOURCE).pk

    AllocationSourceSnapshot.objects.filter(pk=key).update(compute_used=Decimal("413.250"), updated=ahead(hours=1))
    outcome = apply(world, bench, planned)
    AllocationSourceSnapshot.objects.filter(pk=key).update(compute_used=Decimal("414.000"), updated=ahead(hours=2))
    apply(world, bench, undo_plan(world, bench, outcome.run_id))

    now = snapshot(GUIDE_SOURCE)
    assert (Decimal(1000), Decimal(414), ahead(hours=2)) == (now.compute_allowed, now.compute_used, now.updated)


@pytest.mark.both_databases
def test_undo_after_a_renewal_is_refused(world: World, bench: Bench) -> None:
    """The number is the renewal's by then."""
    outcome = apply(world, bench, plan(world, NAME, source_name="joetest", compute_allowed_hours=300))
    AllocationSource.objects.filter(name="joetest").update(compute_allowed=336)

    with pytest.raises(StalePlan, match="compute_allowed was 300"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_same_change_can_be_made_again(world: World, bench: Bench) -> None:
    """Each change has its own event; an undone one leaves none."""
    for hours in (2000, 1500, 2000):
        apply(world, bench, plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=hours))
    check_round_trip(world, bench, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=1000)

    events = EventTable.objects.filter(entity_id=GUIDE_SOURCE, timestamp=NOW).order_by("pk")
    assert [2000, 1500, 2000] == [event.payload["compute_allowed"] for event in events]
