"""Denying and closing resource requests: status and end date together, an email only for a denial."""

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
NO_EMAIL = "no email is sent about the status {}: write to joetest"
REASON = "the course has ended"
DENY = {"decision": "denied", "message": REASON}
END = f'end_date: null → "{NOW.isoformat()}"'


def row(key: int, before: str, after: str) -> str:
    """Return the update of one request as `describe` words it."""
    keys = [StatusType.objects.get(name=name).pk for name in (before, after)]
    return f"update atmosphere resource_request:{key}  status_id: {keys[0]} → {keys[1]}, {END}"


def given(decision: str) -> dict[str, str]:
    """Return the decision, and the message that a denial requires."""
    return DENY if decision == "denied" else {"decision": decision}


def without_api(world: World) -> None:
    """Remove the API, as on a site where it is not configured."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="", api_token=None)


@pytest.mark.parametrize(
    ("key", "decision", "because"),
    [
        (DENIED, "denied", f"resource request {DENIED} of 0042 is already denied, since 2025-12-27"),
        (CLOSED, "closed", f"resource request {CLOSED} of imageauthor is already closed, since 2026-01-01"),
    ],
)
def test_same_decision_needs_no_change(world: World, key: int, decision: str, because: str) -> None:
    """Its end date stays, and nobody gets a second email."""
    check_nothing_to_do(world, NAME, request_id=key, decision=decision, because=because)


@pytest.mark.parametrize(
    ("key", "decision", "text"),
    [
        (DENIED, "closed", "is already denied, since 2025-12-27"),
        (CLOSED, "denied", "is already closed, since 2026-01-01"),
        (APPROVED, "denied", f"resource request {APPROVED} of joetest is approved, not pending"),
    ],
)
def test_another_decision_is_refused(world: World, bench: Bench, key: int, decision: str, text: str) -> None:
    """An ended request stays as it is, and an approved request is not denied."""
    check_refuses(world, bench, NAME, Refused, text, request_id=key, decision=decision)


@pytest.mark.parametrize(("status", "decision"), [("denied", "closed"), ("closed", "denied")])
def test_decided_request_without_an_end_date_is_refused(world: World, bench: Bench, status: str, decision: str) -> None:
    """The refusal names the decision that sets the end date."""
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=StatusType.objects.get(name=status).pk)

    error = check_refuses(world, bench, NAME, Refused, f"is already {status}", request_id=PENDING, decision=decision)

    assert f"decision={status}" in error.next_step


@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_withdrawn_request_is_refused(world: World, bench: Bench, decision: str) -> None:
    """It is pending but has an end date, so it is off the list."""
    ResourceRequest.objects.filter(pk=PENDING).update(end_date=ago(days=1))

    check_refuses(
        world, bench, NAME, Refused, "is already pending, since 2026-01-14", request_id=PENDING, decision=decision
    )


@pytest.mark.parametrize("decision", ["approved", "Denied", "close", ""])
def test_unknown_decision_is_refused(world: World, bench: Bench, decision: str) -> None:
    """There are two decisions; an approval is another procedure."""
    check_refuses(world, bench, NAME, ParamError, "decision ", request_id=PENDING, decision=decision)


def test_missing_request_is_not_found(world: World, bench: Bench) -> None:
    """The error names the pending requests."""
    error = check_refuses(
        world, bench, NAME, TargetNotFound, "there is no resource request 1", request_id=1, decision="closed"
    )

    assert f"the newest pending requests are {OTHER}, {PENDING}" in error.next_step


@pytest.mark.parametrize("api", [True, False])
@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_duplicate_status_is_refused(world: World, bench: Bench, decision: str, *, api: bool) -> None:
    """The intended one is unknown, for the API and for the database."""
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
        **given(decision),
    )

    assert str(second.pk) in error.what


@pytest.mark.both_databases
@pytest.mark.parametrize(("key", "before"), [(PENDING, "pending"), (APPROVED, "approved")])
def test_closing_writes_status_and_end_date(world: World, bench: Bench, key: int, before: str) -> None:
    """A pending and an approved request can be closed; the two columns are the same with and without the API."""
    planned = check_plans(world, NAME, [row(key, before, "closed")], request_id=key, decision="closed")
    assert NO_EMAIL.format("closed") == planned.warnings[-1]
    check_round_trip(world, bench, NAME, request_id=key, decision="closed")

    without_api(world)
    without = check_plans(world, NAME, [row(key, before, "closed")], request_id=key, decision="closed")
    assert planned.warnings == without.warnings


@pytest.mark.both_databases
def test_denial_through_the_api_shows_its_email(world: World, bench: Bench) -> None:
    """The API sets status and end date; the email is irreversible."""
    planned = check_plans(
        world,
        NAME,
        [
            f'call   api admin/resource_requests/{PENDING}  admin_message: "" → "{REASON}"  (irreversible)',
            f'call   api admin/resource_requests/{PENDING}  status: "pending" → "denied"  (irreversible)',
        ],
        request_id=PENDING,
        **DENY,
    )
    email = "Atmosphere also sets the end date, and immediately sends an email with the message to joetest"
    assert (ASKED, email) == planned.warnings

    outcome = check_round_trip(world, bench, NAME, request_id=PENDING, **DENY)

    request = ResourceRequest.objects.get(pk=PENDING)
    assert (status_id("denied"), NOW, REASON) == (request.status_id, request.end_date, request.admin_message)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_denial_is_written_to_the_database_without_the_api(world: World, bench: Bench) -> None:
    """The warning says that no email is sent; the change can be undone."""
    without_api(world)

    denied = row(PENDING, "pending", "denied").replace("  ", f'  admin_message: "" → "{REASON}", ', 1)
    planned = check_plans(world, NAME, [denied], request_id=PENDING, **DENY)

    no_api = "Atmosphere's API is not configured, so the runbook writes to the database"
    assert (
        ASKED,
        f"the status pending ({status_id('pending')}) becomes denied ({status_id('denied')})",
        f"{no_api}, and {NO_EMAIL.format('denied')}",
    ) == planned.warnings
    check_round_trip(world, bench, NAME, request_id=PENDING, **DENY)


@pytest.mark.parametrize("api", [True, False])
def test_denial_without_a_message_is_refused(world: World, bench: Bench, *, api: bool) -> None:
    """The email prints the message as the reason; the web interface disables *Deny* until one is typed.

    Source: ResourceRequestView.jsx:213 of Troposphere v36-6, and resource_request_denied.html of Atmosphere v37-5.
    """
    if not api:
        without_api(world)

    check_refuses(world, bench, NAME, ParamError, "message is missing", request_id=PENDING, decision="denied")


def test_message_that_nobody_reads_is_refused(world: World, bench: Bench) -> None:
    """Closing sends no email."""
    text = "message is only for denied"
    check_refuses(world, bench, NAME, ParamError, text, request_id=PENDING, decision="closed", message=REASON)


def test_message_that_is_already_set_is_not_set_again(world: World) -> None:
    """A run that was interrupted between the two calls is completed by a second run."""
    ResourceRequest.objects.filter(pk=PENDING).update(admin_message=REASON)

    check_plans(
        world,
        NAME,
        [f'call   api admin/resource_requests/{PENDING}  status: "pending" → "denied"  (irreversible)'],
        request_id=PENDING,
        **DENY,
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("status", ["denied", "closed"])
def test_only_a_missing_end_date_is_set(world: World, bench: Bench, status: str) -> None:
    """Older releases decided requests without an end date; such a request leaves the list without a second email."""
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=StatusType.objects.get(name=status).pk)

    planned = check_plans(
        world, NAME, [f"update atmosphere resource_request:{PENDING}  {END}"], request_id=PENDING, decision=status
    )

    assert (f"the request is already {status}, and only its end date is missing; no email is sent",) == planned.warnings
    check_round_trip(world, bench, NAME, request_id=PENDING, decision=status)


@pytest.mark.both_databases
@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_decision_after_the_plan_makes_it_stale(world: World, bench: Bench, decision: str) -> None:
    """An approval that was sent meanwhile stays."""
    planned = plan(world, NAME, request_id=PENDING, **given(decision))
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=status_id("approved"))
    before = everything(bench)

    with pytest.raises(StalePlan):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_withdrawal_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """Its own end date is not overwritten."""
    planned = plan(world, NAME, request_id=PENDING, decision="closed")
    ResourceRequest.objects.filter(pk=PENDING).update(end_date=ago(hours=1))

    with pytest.raises(StalePlan, match="end_date was None"):
        apply(world, bench, planned)


def test_unresponsive_api_stops_only_a_denial(world: World, bench: Bench) -> None:
    """A denial requires its email; closing does not use the API."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="http://127.0.0.1:9/api")

    check_refuses(world, bench, NAME, NotConnected, "Atmosphere's API", request_id=PENDING, **DENY)
    check_plans(world, NAME, [row(PENDING, "pending", "closed")], request_id=PENDING, decision="closed")


def test_token_without_staff_rights_is_refused_at_planning(world: World, bench: Bench) -> None:
    """The refusal comes before the email is due."""
    AtmosphereUser.objects.filter(username="staffmember").update(is_staff=False)

    check_refuses(world, bench, NAME, RunbookError, "HTTP 403", request_id=PENDING, **DENY)


def test_api_and_database_of_different_sites_are_refused(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The procedure reads both; when they disagree, the settings name two sites."""
    monkeypatch.setattr(world.api, "current", lambda _call: "closed")

    text = f"resource request {PENDING} of joetest is pending in the database and closed in Atmosphere's API"
    check_refuses(world, bench, NAME, Refused, text, request_id=PENDING, **DENY)
