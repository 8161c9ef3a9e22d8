"""Approving a resource request: only a pending one, through the API with its email, or only the status."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config.secrets import SecretReference
from runbook_lib.errors import CannotUndo, NotConnected, Refused, RunbookError, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW, ago
from runbook_lib.fixture.rows.imaging import status_id
from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
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
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "approve_resource_request"
PENDING, OTHER, APPROVED, DENIED, CLOSED = range(18001, 18006)
GRANTS_NOTHING = (
    "an approval alone grants nothing: grant the requested resources first, with change_quota and change_allocation"
)
NO_EMAIL = (
    "Atmosphere's API is not configured, so the runbook writes the status to the database and no email is sent: "
    "write to joetest"
)
CALL = f'call   api admin/resource_requests/{PENDING}  status: "pending" → "approved"  (irreversible)'
ROW = f"update atmosphere resource_request:{PENDING}  status_id: {status_id('pending')} → {status_id('approved')}"


def without_api(world: World) -> None:
    """Remove the API, as on a site where it is not configured."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="", api_token=None)


def test_approved_request_needs_no_change(world: World) -> None:
    """No second email is sent; the plan repeats that the approval grants nothing."""
    planned = check_nothing_to_do(
        world, NAME, request_id=APPROVED, because=f"resource request {APPROVED} of joetest is already approved"
    )

    assert (GRANTS_NOTHING,) == planned.warnings


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (DENIED, f"resource request {DENIED} of 0042 is denied, and ended on 2025-12-27"),
        (CLOSED, f"resource request {CLOSED} of imageauthor is closed, and ended on 2026-01-01"),
    ],
)
def test_decided_request_is_refused(world: World, bench: Bench, key: int, text: str) -> None:
    """The user was informed of another decision."""
    error = check_refuses(world, bench, NAME, Refused, text, request_id=key)

    assert "ask the user to send a new request" in error.next_step


@pytest.mark.parametrize(
    ("status", "ended", "text"),
    [
        ("pending", True, "is pending, and ended on"),
        ("approved", True, "is approved, and ended on"),
        ("started", False, "is started\n"),
    ],
)
def test_request_not_pending_is_refused(world: World, bench: Bench, status: str, *, ended: bool, text: str) -> None:
    """An ended request is off the list in any status; a status of imaging requests is never approved."""
    key = StatusType.objects.get(name=status).pk
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=key, end_date=ago(days=1) if ended else None)

    check_refuses(world, bench, NAME, Refused, text, request_id=PENDING)


@pytest.mark.both_databases
def test_missing_request_is_not_found(world: World, bench: Bench) -> None:
    """The ID of an imaging request, for example; the error names the pending requests."""
    error = check_refuses(world, bench, NAME, TargetNotFound, "there is no resource request 16501", request_id=16501)

    assert f"the newest pending requests are {OTHER}, {PENDING}" in error.next_step


@pytest.mark.both_databases
@pytest.mark.parametrize("api", [True, False])
def test_duplicate_status_is_refused(world: World, bench: Bench, *, api: bool) -> None:
    """The intended one is unknown, and Atmosphere's own query fails on duplicates."""
    if not api:
        without_api(world)
    second = StatusType.objects.create(name="approved", description="", start_date=ago(days=3))

    error = check_refuses(world, bench, NAME, Refused, "the status approved exists 2 times", request_id=PENDING)

    assert f"{status_id('approved')} and {second.pk}" in error.what


@pytest.mark.parametrize("api", [True, False])
def test_unused_status_is_refused(world: World, bench: Bench, *, api: bool) -> None:
    """Atmosphere creates each status row at its first use."""
    if not api:
        without_api(world)
    StatusType.objects.filter(name="approved").update(name="approved once")

    check_refuses(world, bench, NAME, TargetNotFound, "there is no status approved", request_id=PENDING)


def test_plan_through_the_api_shows_its_effects(world: World) -> None:
    """One call; the warnings show the user's text, that nothing is granted, and the immediate email."""
    planned = check_plans(world, NAME, [CALL], request_id=PENDING)

    assert (
        f'resource request {PENDING} of joetest, since 2026-01-14: "more CPUs for a course"',
        GRANTS_NOTHING,
        "Atmosphere immediately sends an email to joetest",
    ) == planned.warnings


@pytest.mark.both_databases
def test_api_sets_only_the_status(world: World, bench: Bench) -> None:
    """The request has no end date afterwards; undo is refused, because the user was informed."""
    outcome = check_round_trip(world, bench, NAME, request_id=PENDING)

    request = ResourceRequest.objects.get(pk=PENDING)
    assert (status_id("approved"), None) == (request.status_id, request.end_date)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)
    check_nothing_to_do(
        world, NAME, request_id=PENDING, because=f"resource request {PENDING} of joetest is already approved"
    )


@pytest.mark.both_databases
def test_status_is_written_to_the_database_without_the_api(world: World, bench: Bench) -> None:
    """The warning says that no email is sent; the change can be undone."""
    without_api(world)

    planned = check_plans(world, NAME, [ROW], request_id=PENDING)

    assert NO_EMAIL == planned.warnings[-1]
    assert f"the status pending ({status_id('pending')}) becomes approved ({status_id('approved')})" in planned.warnings
    check_round_trip(world, bench, NAME, request_id=PENDING)


def test_users_text_stays_on_one_line(world: World) -> None:
    """A request can contain any text; the warning shortens it and shows a line break escaped."""
    ResourceRequest.objects.filter(pk=PENDING).update(request='first\n"second" ' + "x" * 500)

    note = plan(world, NAME, request_id=PENDING).warnings[0]

    assert note.endswith('…"')
    assert r"first\n\"second\" xxx" in note
    assert 200 > len(note)


def test_inactive_account_is_reported(world: World) -> None:
    """The user could not use the resources."""
    AtmosphereUser.objects.filter(username="joetest").update(is_active=False)

    assert "the account of joetest is not active" in plan(world, NAME, request_id=PENDING).warnings


@pytest.mark.both_databases
@pytest.mark.parametrize("api", [True, False])
@pytest.mark.parametrize("status", ["denied", "approved"])
def test_decision_after_the_plan_makes_it_stale(world: World, bench: Bench, status: str, *, api: bool) -> None:
    """Nobody gets a second email, and no denial becomes an approval."""
    if not api:
        without_api(world)
    planned = plan(world, NAME, request_id=PENDING)
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=StatusType.objects.get(name=status).pk)
    before = everything(bench)

    with pytest.raises(StalePlan):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_end_date_set_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """A withdrawn request is not approved."""
    without_api(world)
    planned = plan(world, NAME, request_id=PENDING)
    ResourceRequest.objects.filter(pk=PENDING).update(end_date=NOW)

    with pytest.raises(StalePlan, match="end_date was None"):
        apply(world, bench, planned)


@pytest.mark.both_databases
def test_undo_is_refused_after_another_change(world: World, bench: Bench) -> None:
    """Somebody closed the request meanwhile."""
    without_api(world)
    outcome = apply(world, bench, plan(world, NAME, request_id=PENDING))
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=status_id("closed"), end_date=NOW)

    with pytest.raises(StalePlan, match="status_id was"):
        undo_plan(world, bench, outcome.run_id)


def test_token_without_staff_rights_is_refused_at_planning(world: World, bench: Bench) -> None:
    """The refusal comes before the email is due."""
    AtmosphereUser.objects.filter(username="staffmember").update(is_staff=False)

    error = check_refuses(world, bench, NAME, RunbookError, "HTTP 403", request_id=PENDING)

    assert "RUNBOOK_API_TOKEN" in error.next_step


@pytest.mark.both_databases
def test_maintenance_stops_the_plan(world: World, bench: Bench, tmp_path: Path) -> None:
    """The API responds 503 to staff too; the error shows the message of the maintenance."""
    with api_server.serve() as server:
        token = SecretReference(f"file:{server.token_file(tmp_path)}")
        server.exempt = frozenset()
        world.endpoints = dataclasses.replace(world.endpoints, api_url=server.url, api_token=token)

        check_refuses(world, bench, NAME, NotConnected, "Scheduled Maintenance", request_id=PENDING)


def test_unresponsive_api_stops_the_plan(world: World, bench: Bench) -> None:
    """The plan never ignores a configured API: no email would be sent."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="http://127.0.0.1:9/api")

    check_refuses(world, bench, NAME, NotConnected, "Atmosphere's API", request_id=PENDING)


def test_api_and_database_of_different_sites_are_refused(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The procedure reads both; when they disagree, the settings name two sites."""
    monkeypatch.setattr(world.api, "current", lambda _call: "denied")

    check_refuses(
        world,
        bench,
        NAME,
        Refused,
        f"resource request {PENDING} of joetest is pending in the database and denied in Atmosphere's API",
        request_id=PENDING,
    )
