"""Denying and closing resource requests: status and end together, an e-mail for a denial only, nothing twice."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CannotUndo, NotConnected, ParamError, Refused, RunbookError, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW, ago
from runbook_lib.fixture.rows.imaging import status_id
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, ResourceRequest, StatusType
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    undo_plan,
)

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "close_resource_request"
PENDING, OTHER, APPROVED, DENIED, CLOSED = range(18001, 18006)
ASKED = f'resource request {PENDING} of joetest, since 2026-01-14: "more CPUs for a course"'
TELL = "nobody is told by e-mail that it is {}: write to joetest"
END = f'end_date: null → "{NOW.isoformat()}"'


def row(key: int, before: str, after: str) -> str:
    """Return the update of one request as `describe` words it."""
    keys = [StatusType.objects.get(name=name).pk for name in (before, after)]
    return f"update atmosphere resource_request:{key}  status_id: {keys[0]} → {keys[1]}, {END}"


def without_api(world: World) -> None:
    """Take the API away, as on a site where it is not configured."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="", api_token=None)


@pytest.mark.parametrize(
    ("key", "decision", "because"),
    [
        (DENIED, "denied", f"resource request {DENIED} of 0042 is denied already, since 2025-12-27"),
        (CLOSED, "closed", f"resource request {CLOSED} of imageauthor is closed already, since 2026-01-01"),
    ],
)
def test_what_was_decided_so_is_left_alone(world: World, key: int, decision: str, because: str) -> None:
    """Its end stays what it was, and nobody gets a second e-mail."""
    check_nothing_to_do(world, NAME, request_id=key, decision=decision, because=because)


@pytest.mark.parametrize(
    ("key", "decision", "text"),
    [
        (DENIED, "closed", "is denied already, since 2025-12-27"),
        (CLOSED, "denied", "is closed already, since 2026-01-01"),
        (APPROVED, "denied", f"resource request {APPROVED} of joetest is approved, not pending"),
    ],
)
def test_a_decision_is_not_turned_into_another(world: World, bench: Bench, key: int, decision: str, text: str) -> None:
    """An ended request stays as it is; who was told yes is not told no."""
    check_refuses(world, bench, NAME, Refused, text, request_id=key, decision=decision)


@pytest.mark.parametrize(("status", "decision"), [("denied", "closed"), ("closed", "denied")])
def test_a_decided_request_without_an_end_is_refused_with_what_would_end_it(
    world: World, bench: Bench, status: str, decision: str
) -> None:
    """The other decision is no way to set the end."""
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=StatusType.objects.get(name=status).pk)

    error = check_refuses(world, bench, NAME, Refused, f"is {status} already", request_id=PENDING, decision=decision)

    assert f"decision={status}" in error.next_step


@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_a_withdrawn_request_is_refused(world: World, bench: Bench, decision: str) -> None:
    """It is pending and has an end: it is off the list."""
    ResourceRequest.objects.filter(pk=PENDING).update(end_date=ago(days=1))

    check_refuses(
        world, bench, NAME, Refused, "is pending already, since 2026-01-14", request_id=PENDING, decision=decision
    )


@pytest.mark.parametrize("decision", ["approved", "Denied", "close", ""])
def test_another_word_is_refused(world: World, bench: Bench, decision: str) -> None:
    """There are two decisions; approving is another procedure."""
    check_refuses(world, bench, NAME, ParamError, "decision ", request_id=PENDING, decision=decision)


def test_a_request_that_does_not_exist_is_refused(world: World, bench: Bench) -> None:
    """Those that wait are named."""
    error = check_refuses(
        world, bench, NAME, TargetNotFound, "there is no resource request 1", request_id=1, decision="closed"
    )

    assert f"the newest pending requests are {OTHER}, {PENDING}" in error.next_step


@pytest.mark.parametrize("api", [True, False])
@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_two_statuses_of_one_name_are_refused_and_named(
    world: World, bench: Bench, decision: str, *, api: bool
) -> None:
    """Nobody knows which is meant, whoever writes it."""
    if not api:
        without_api(world)
    second = StatusType.objects.create(name=decision, description="", start_date=ago(days=3))

    error = check_refuses(
        world,
        bench,
        NAME,
        Refused,
        f"the status {decision} exists 2 times",
        request_id=PENDING,
        decision=decision,
    )

    assert str(second.pk) in error.what


@pytest.mark.both_databases
@pytest.mark.parametrize(("key", "before"), [(PENDING, "pending"), (APPROVED, "approved")])
def test_closing_writes_status_and_end_and_tells_nobody(world: World, bench: Bench, key: int, before: str) -> None:
    """What waits and what was granted can be closed; with or without the API it is the same two columns."""
    planned = check_plans(world, NAME, [row(key, before, "closed")], request_id=key, decision="closed")
    assert TELL.format("closed") == planned.warnings[-1]
    check_round_trip(world, bench, NAME, request_id=key, decision="closed")

    without_api(world)
    again = check_plans(world, NAME, [row(key, before, "closed")], request_id=key, decision="closed")
    assert planned.warnings == again.warnings


@pytest.mark.both_databases
def test_a_denial_goes_through_the_api_and_its_mail_is_said(world: World, bench: Bench) -> None:
    """Status and end are set by it; the e-mail can't be taken back."""
    planned = check_plans(
        world,
        NAME,
        [f'call   api admin/resource_requests/{PENDING}  status: "pending" → "denied"  (irreversible)'],
        request_id=PENDING,
        decision="denied",
    )
    assert (ASKED, "Atmosphere sets the end too, and sends an e-mail to joetest at once") == planned.warnings

    outcome = check_round_trip(world, bench, NAME, request_id=PENDING, decision="denied")

    found = ResourceRequest.objects.get(pk=PENDING)
    assert (status_id("denied"), NOW) == (found.status_id, found.end_date)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_a_denial_without_the_api_is_written_and_the_user_has_to_be_told(world: World, bench: Bench) -> None:
    """That no e-mail is sent is said, and then it can be taken back."""
    without_api(world)

    planned = check_plans(world, NAME, [row(PENDING, "pending", "denied")], request_id=PENDING, decision="denied")

    told = f"Atmosphere's API is not configured, so this is written to the database; {TELL.format('denied')}"
    assert (
        ASKED,
        f"the status pending ({status_id('pending')}) becomes denied ({status_id('denied')})",
        told,
    ) == planned.warnings
    check_round_trip(world, bench, NAME, request_id=PENDING, decision="denied")


@pytest.mark.both_databases
@pytest.mark.parametrize("status", ["denied", "closed"])
def test_a_missing_end_is_set_alone(world: World, bench: Bench, status: str) -> None:
    """A request that older releases decided without an end leaves the list; no e-mail is sent again."""
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=StatusType.objects.get(name=status).pk)

    planned = check_plans(
        world, NAME, [f"update atmosphere resource_request:{PENDING}  {END}"], request_id=PENDING, decision=status
    )

    assert (f"it is {status} already, and only its end is missing; nobody is told",) == planned.warnings
    check_round_trip(world, bench, NAME, request_id=PENDING, decision=status)


@pytest.mark.both_databases
@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_a_decision_after_the_plan_makes_it_stale(world: World, bench: Bench, decision: str) -> None:
    """An approval that was sent meanwhile stays."""
    planned = plan(world, NAME, request_id=PENDING, decision=decision)
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=status_id("approved"))
    before = everything(bench)

    with pytest.raises(StalePlan):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_a_request_that_was_withdrawn_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """Its own end is not overwritten."""
    planned = plan(world, NAME, request_id=PENDING, decision="closed")
    ResourceRequest.objects.filter(pk=PENDING).update(end_date=ago(hours=1))

    with pytest.raises(StalePlan, match="end_date was None"):
        apply(world, bench, planned)


def test_a_dead_api_stops_a_denial_and_not_a_closing(world: World, bench: Bench) -> None:
    """A denial needs its e-mail; closing asks the API nothing."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="http://127.0.0.1:9/api")

    check_refuses(world, bench, NAME, NotConnected, "Atmosphere's API", request_id=PENDING, decision="denied")
    check_plans(world, NAME, [row(PENDING, "pending", "closed")], request_id=PENDING, decision="closed")


def test_a_token_of_somebody_who_is_not_staff_is_refused_while_planning(world: World, bench: Bench) -> None:
    """Not only when the e-mail is about to be sent."""
    AtmosphereUser.objects.filter(username="staffmember").update(is_staff=False)

    check_refuses(world, bench, NAME, RunbookError, "HTTP 403", request_id=PENDING, decision="denied")


def test_a_database_of_another_site_than_the_api_is_refused(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are asked; when they disagree, the settings name two sites."""
    monkeypatch.setattr(world.api, "current", lambda _call: "closed")

    text = f"resource request {PENDING} of joetest is pending in the database and closed in Atmosphere's API"
    check_refuses(world, bench, NAME, Refused, text, request_id=PENDING, decision="denied")
