"""Approving an imaging request: one in flight, a queue that is proved idle, nothing twice, and the truth afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CannotUndo, PartlyApplied, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.rows.imaging import request_id, status_id
from runbook_lib.systems.db.models.atmosphere.models import Instance, MachineRequest, ProviderCredential, StatusType
from tests.checks import apply, check_nothing_to_do, check_plans, check_refuses, everything, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "approve_imaging_request"
WAITING = request_id("waiting")
IN_FLIGHT = ("just-approved", "never-set", "in-flight", "silent-stall", "in-processing", "in-validation")
CONFIRMED = ",".join(str(request_id(name)) for name in IN_FLIGHT)


def alone() -> None:
    """Close every request that looks in flight."""
    keys = [request_id(name) for name in IN_FLIGHT]
    MachineRequest.objects.filter(pk__in=keys).update(status_id=status_id("closed"))


def status(name: str = "waiting") -> str:
    """Return the name of a request's status."""
    return MachineRequest.objects.select_related("status").get(pk=request_id(name)).status.name


def test_a_completed_request_is_left_alone(world: World) -> None:
    """It has made its image."""
    key = request_id("made-a-version")
    because = f"imaging request {key} (made-a-version) is completed already"

    check_nothing_to_do(world, NAME, because=because, request_id=key)


@pytest.mark.both_databases
def test_an_unknown_request_is_not_found(world: World, bench: Bench) -> None:
    """The error says where the id is found."""
    check_refuses(world, bench, NAME, TargetNotFound, "no imaging request 7 in", request_id=7)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("in-flight", "follow it in Flower"),
        ("just-approved", "follow it in Flower"),
        ("in-processing", "follow it in Flower"),
        ("silent-stall", "if no task works on it, resubmit_imaging_request"),
        ("nbd", "mend the cause, then resubmit_imaging_request"),
        ("none-type-guide", "mend the cause, then resubmit_imaging_request"),
        ("refused", "resubmit_imaging_request, then this"),
        ("withdrawn", "let the owner submit a new request"),
        ("closed-by-staff", "let the owner submit a new request"),
    ],
)
def test_only_a_pending_request_is_approved(world: World, bench: Bench, name: str, step: str) -> None:
    """Upstream would start any other once more; the refusal says what to do instead."""
    error = check_refuses(world, bench, NAME, Refused, "not pending", request_id=request_id(name))

    assert step in error.next_step


def test_others_in_flight_are_refused_and_listed(world: World, bench: Bench) -> None:
    """Each is named with its status; the stalled one too, for the database can't tell it from one that runs."""
    text = "at most one imaging request may be in flight, and 6 look so: "

    error = check_refuses(world, bench, NAME, Refused, text, request_id=WAITING)

    for name in IN_FLIGHT:
        assert f"imaging request {request_id(name)} ({name})" in error.what
    assert f"despite_in_flight={CONFIRMED}" in error.next_step


def test_a_single_one_in_flight_is_enough(world: World, bench: Bench) -> None:
    """All but one are confirmed to be stalled: the one that is left is named, and it alone."""
    all_but_one = ",".join(CONFIRMED.split(",")[1:])

    error = check_refuses(
        world, bench, NAME, Refused, "and 1 look so", request_id=WAITING, despite_in_flight=all_but_one
    )

    assert "(just-approved) is approved" in error.what
    assert "(in-flight)" not in error.what


def test_what_is_confirmed_must_be_in_flight(world: World, bench: Bench) -> None:
    """A failed request is not, nor is the one that is to be approved."""
    named = f"{CONFIRMED},{request_id('nbd')},{WAITING}"

    text = f"despite_in_flight names {WAITING}, {request_id('nbd')}, which is not in flight"
    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=named)


def test_failed_requests_do_not_count(world: World) -> None:
    """They keep their status; twenty of them are in the fixture, and none is in the way."""
    alone()

    check_plans(
        world,
        NAME,
        [f'call   api machine_requests/{WAITING}  imaging: "pending" → "started"  (irreversible)'],
        request_id=WAITING,
    )


def _null_message() -> None:
    MachineRequest.objects.filter(pk=WAITING).update(old_status=None)


def _no_region() -> None:
    ProviderCredential.objects.filter(provider_id=4, key="region_name").delete()


def _ended() -> None:
    key = MachineRequest.objects.get(pk=WAITING).instance_id
    Instance.objects.filter(pk=key).update(end_date=NOW)


@pytest.mark.parametrize(
    ("happens", "text"),
    [
        (_null_message, "is NULL"),
        (_no_region, "would stall: provider 4 has no credential region_name"),
        (_ended, "ended on 2026-01-15"),
    ],
)
def test_a_start_that_would_fail_is_refused_beforehand(world: World, bench: Bench, happens: Any, text: str) -> None:
    """Upstream would set the status to started first, and leave it so without a word."""
    happens()

    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=CONFIRMED)


def test_an_ended_instance_does_not_matter_to_one_that_resumes_later(world: World) -> None:
    """Its image is uploaded already."""
    found = MachineRequest.objects.get(pk=request_id("re-submitted"))
    Instance.objects.filter(pk=found.instance_id).update(end_date=NOW)

    planned = plan(world, NAME, request_id=found.pk, despite_in_flight=CONFIRMED)

    assert "once started it can't be stopped from here; it goes with validation" in planned.warnings[0]


@pytest.mark.parametrize("name", ["approved", "started"])
def test_two_statuses_of_one_name_are_refused(world: World, bench: Bench, name: str) -> None:
    """Upstream's own lookup fails on them, half-way."""
    StatusType.objects.create(name=name, start_date=NOW)
    text = f"the status {name} exists 2 times"

    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=CONFIRMED)


def test_the_status_approved_has_to_be_there(world: World, bench: Bench) -> None:
    """On a site where nothing was ever approved there is no key to send."""
    alone()
    StatusType.objects.filter(name="approved").update(name="other")

    check_refuses(world, bench, NAME, TargetNotFound, "no status approved", request_id=WAITING)


def test_the_plan_says_what_the_operator_takes_on(world: World) -> None:
    """That it can't be stopped, how long it takes, whose word it is that others are stalled, and what was proved."""
    planned = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED)

    text = "\n".join(planned.warnings)
    assert "goes from the beginning, with a failed run's snapshot of the instance, or a new one" in text
    assert "20 to 40 minutes per 10 GB" in text
    assert f"on your word, imaging request {request_id('silent-stall')} (silent-stall) is stalled" in text
    assert "imaging: proved empty: imaging@atmo-prod answered" in text
    assert "until it is processed, its image is public in Glance" in text
    assert planned.irreversible == planned.changes


@pytest.mark.both_databases
def test_it_is_started_once(world: World, bench: Bench) -> None:
    """Afterwards it is started, the same plan is stale, a new one is refused, and an undo is, too."""
    alone()
    planned = plan(world, NAME, request_id=WAITING)

    outcome = apply(world, bench, planned)

    assert ("applied", "started") == (outcome.state, status())
    with pytest.raises(StalePlan, match="is 'started' now"):
        apply(world, bench, planned)
    check_refuses(world, bench, NAME, Refused, "is started, not pending", request_id=WAITING)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_somebody_who_denies_it_in_between_wins(world: World, bench: Bench) -> None:
    """The status is compared right before the call."""
    planned = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED)
    MachineRequest.objects.filter(pk=WAITING).update(status_id=status_id("denied"))
    before = everything(bench)

    with pytest.raises(StalePlan, match="is 'denied' now"):
        apply(world, bench, planned)

    assert before == everything(bench)


@pytest.mark.both_databases
def test_a_start_that_fails_half_way_is_told_as_such(world: World, bench: Bench) -> None:
    """The API answers 400 after it has changed the status: neither done nor unchanged; the run holds the call."""
    planned = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED)
    _null_message()

    with pytest.raises(PartlyApplied, match="was applied only in part") as caught:
        apply(world, bench, planned)

    assert "it responded with HTTP 400: argument of type 'NoneType' is not iterable" in caught.value.why
    assert "whether a task was queued is not known: check Flower" in caught.value.why
    assert ("partly-applied", planned.changes) == (bench.journal.runs()[-1].state, bench.journal.runs()[-1].receipt)
    assert "started" == status()
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, caught.value.run_id)
