"""Changing an allocation: the source and its snapshot agree, nobody gets less than is used, renewal is told."""

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
DISAGREE = "source and snapshot disagree now: {} and {}; this sets both"


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


def used(hours: str, name: str, left: str, allowed: int) -> str:
    """Return the note on what is used."""
    return f"{hours} hours are used of {name}, so {left} are left of {allowed}"


@pytest.mark.parametrize(
    ("name", "similar"),
    [("TG-ASC160081", "'TG-ASC160018'"), ("tg-asc160018", "'TG-ASC160018'"), ("joetst", "'joetest'"), ("zzz", "")],
)
def test_a_source_that_does_not_exist_is_refused(world: World, bench: Bench, name: str, similar: str) -> None:
    """Upper and lower case count; the nearest name is offered."""
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
def test_less_than_is_used_is_refused(world: World, bench: Bench, hours: int) -> None:
    """412.5 hours are used: 413 is the least that can be allowed."""
    error = check_refuses(
        world,
        bench,
        NAME,
        Refused,
        f"{hours} hours are less than the 412.500 that are used of {GUIDE_SOURCE}",
        source_name=GUIDE_SOURCE,
        compute_allowed_hours=hours,
    )

    assert "allow at least 413 hours" == error.next_step


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "least"), [("TG-OVERUSED", 141), (GUIDE_SOURCE, 413), ("joetest", 12)])
def test_the_least_that_is_offered_is_accepted(world: World, bench: Bench, name: str, least: int) -> None:
    """The number in the message is one that works, also for what is used exactly."""
    check_refuses(
        world, bench, NAME, Refused, f"allow at least {least} hours", source_name=name, compute_allowed_hours=least - 1
    )
    check_round_trip(world, bench, NAME, source_name=name, compute_allowed_hours=least)


def test_an_ended_source_is_refused(world: World, bench: Bench) -> None:
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


def test_a_source_without_a_snapshot_is_refused(world: World, bench: Bench) -> None:
    """Upstream's own change fails on it; the message says which event makes one."""
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
def test_a_number_that_can_not_be_set_is_refused(world: World, bench: Bench, hours: object) -> None:
    """No limit (-1) can't be given, as upstream's API refuses it; nor can what is no whole number."""
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
def test_the_number_that_is_there_is_left_alone(world: World, name: str, hours: int) -> None:
    """No event is written either; also when more is used than that."""
    check_nothing_to_do(
        world, NAME, source_name=name, compute_allowed_hours=hours, because=f"{name} allows {hours} hours already"
    )


def test_source_and_snapshot_change_together(world: World) -> None:
    """Both numbers, the event that records them, and nothing else; a source that is never renewed has no such note."""
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
    assert (used("412.500", GUIDE_SOURCE, "1587.500", 2000),) == planned.warnings
    assert [{"end_date": None}] == [expect.values for expect in planned.expects]


@pytest.mark.parametrize(
    ("strategy", "told"),
    [
        ("default", MONTHLY),
        ("bi-weekly", "14 days after the last renewal, the allowance is set to 84 hours"),
        ("workshop", "7 days after the last renewal, the allowance is set to 0 hours"),
        ("biweekly", "Atmosphere's rules have no renewal strategy biweekly, so the source is never renewed"),
    ],
)
def test_how_long_it_lasts_is_told_with_numbers(world: World, strategy: str, told: str) -> None:
    """Every strategy that upstream's rules know, and the word that its API writes and they do not know."""
    AllocationSource.objects.filter(name=GUIDE_SOURCE).update(renewal_strategy=strategy)

    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)

    assert told in planned.warnings[-1]


def test_a_users_own_source_is_named_like_the_user(world: World) -> None:
    """Its raise lasts until the month ends, and that is said."""
    planned = plan(world, NAME, source_name="joetest", compute_allowed_hours=300)

    assert (used("12.000", "joetest", "288.000", 300), MONTHLY) == planned.warnings


@pytest.mark.both_databases
def test_a_source_without_a_limit_gets_one_and_undo_takes_it_away(world: World, bench: Bench) -> None:
    """-1 is told in words, and comes back; what is used counts now."""
    check_refuses(
        world, bench, NAME, Refused, "less than the 5000.000", source_name="TG-UNLIMITED", compute_allowed_hours=4999
    )
    planned = plan(world, NAME, source_name="TG-UNLIMITED", compute_allowed_hours=6000)
    unlimited = (
        "it has no limit now (-1), and would have one; only undo brings that back: neither this procedure nor "
        "Atmosphere's API sets a negative number"
    )
    assert (used("5000.000", "TG-UNLIMITED", "1000.000", 6000), unlimited) == planned.warnings
    assert "compute_allowed: -1 → 6000" in planned.changes[0].describe()

    check_round_trip(world, bench, NAME, source_name="TG-UNLIMITED", compute_allowed_hours=6000)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("allowed", "in_snapshot", "words"),
    [(2000, "0.000", ("2000 hours", "0.000 hours")), (-1, "2000.000", ("no limit", "2000.000 hours"))],
)
def test_numbers_that_disagree_are_brought_together(
    world: World, bench: Bench, allowed: int, in_snapshot: str, words: tuple[str, str]
) -> None:
    """A snapshot is made with 0; what is right already is not written."""
    AllocationSource.objects.filter(name=GUIDE_SOURCE).update(compute_allowed=allowed)
    AllocationSourceSnapshot.objects.filter(pk=snapshot(GUIDE_SOURCE).pk).update(compute_allowed=Decimal(in_snapshot))

    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)

    assert DISAGREE.format(*words) in planned.warnings
    assert 2 == len(planned.changes)  # one of the two numbers, and the event
    check_round_trip(world, bench, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)


def test_an_end_to_come_is_told(world: World) -> None:
    """The hours are lost on that day."""
    AllocationSource.objects.filter(name=GUIDE_SOURCE).update(end_date=ahead(days=3))

    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)

    assert "the source ends on 2026-01-18, whatever is left" in planned.warnings


@pytest.mark.both_databases
def test_a_renewal_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """Its number is not overwritten, in neither of the two rows."""
    planned = plan(world, NAME, source_name="joetest", compute_allowed_hours=300)
    AllocationSource.objects.filter(name="joetest").update(compute_allowed=336)
    before = everything(bench)

    with pytest.raises(StalePlan, match="compute_allowed was 168 when the plan was made and is 336 now"):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_a_source_that_ended_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The plan relies on the source being in use."""
    planned = plan(world, NAME, source_name="joetest", compute_allowed_hours=300)
    AllocationSource.objects.filter(name="joetest").update(end_date=NOW)

    with pytest.raises(StalePlan, match="end_date was None"):
        apply(world, bench, planned)


@pytest.mark.both_databases
def test_the_sum_that_is_made_every_15_minutes_is_in_nobodys_way(world: World, bench: Bench) -> None:
    """Neither an apply nor an undo is refused because the use was summed up in between, and none loses it."""
    planned = plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=2000)
    key = snapshot(GUIDE_SOURCE).pk

    AllocationSourceSnapshot.objects.filter(pk=key).update(compute_used=Decimal("413.250"), updated=ahead(hours=1))
    outcome = apply(world, bench, planned)
    AllocationSourceSnapshot.objects.filter(pk=key).update(compute_used=Decimal("414.000"), updated=ahead(hours=2))
    apply(world, bench, undo_plan(world, bench, outcome.run_id))

    now = snapshot(GUIDE_SOURCE)
    assert (Decimal(1000), Decimal(414), ahead(hours=2)) == (now.compute_allowed, now.compute_used, now.updated)


@pytest.mark.both_databases
def test_the_undo_after_a_renewal_is_refused(world: World, bench: Bench) -> None:
    """The number is the renewal's by then."""
    outcome = apply(world, bench, plan(world, NAME, source_name="joetest", compute_allowed_hours=300))
    AllocationSource.objects.filter(name="joetest").update(compute_allowed=336)

    with pytest.raises(StalePlan, match="compute_allowed was 300"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_the_same_change_can_be_made_again(world: World, bench: Bench) -> None:
    """Each has an event of its own; an undone one leaves none."""
    for hours in (2000, 1500, 2000):
        apply(world, bench, plan(world, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=hours))
    check_round_trip(world, bench, NAME, source_name=GUIDE_SOURCE, compute_allowed_hours=1000)

    events = EventTable.objects.filter(entity_id=GUIDE_SOURCE, timestamp=NOW).order_by("pk")
    assert [2000, 1500, 2000] == [event.payload["compute_allowed"] for event in events]
