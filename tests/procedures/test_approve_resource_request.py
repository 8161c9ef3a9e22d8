"""Approving a resource request: only what waits, through the API with its e-mail, or the status alone, and said."""

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
    "approving grants nothing by itself: give what was asked for with change_quota and change_allocation, before this"
)
NO_MAIL = (
    "Atmosphere's API is not configured, so this is written to the database and no e-mail is sent: write to joetest"
)
CALL = f'call   api admin/resource_requests/{PENDING}  status: "pending" → "approved"  (irreversible)'
ROW = f"update atmosphere resource_request:{PENDING}  status_id: {status_id('pending')} → {status_id('approved')}"


def without_api(world: World) -> None:
    """Take the API away, as on a site where it is not configured."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="", api_token=None)


def test_an_approved_request_is_left_alone(world: World) -> None:
    """No second e-mail; that it grants nothing is said once more."""
    planned = check_nothing_to_do(
        world, NAME, request_id=APPROVED, because=f"resource request {APPROVED} of joetest is approved already"
    )

    assert (GRANTS_NOTHING,) == planned.warnings


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (DENIED, f"resource request {DENIED} of 0042 is denied, and ended on 2025-12-27"),
        (CLOSED, f"resource request {CLOSED} of imageauthor is closed, and ended on 2026-01-01"),
    ],
)
def test_a_decided_request_is_refused(world: World, bench: Bench, key: int, text: str) -> None:
    """The user was told another decision."""
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
def test_what_does_not_wait_is_refused(world: World, bench: Bench, status: str, *, ended: bool, text: str) -> None:
    """An ended one is off the list, whatever its status; a status of imaging requests is no state to approve from."""
    key = StatusType.objects.get(name=status).pk
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=key, end_date=ago(days=1) if ended else None)

    check_refuses(world, bench, NAME, Refused, text, request_id=PENDING)


@pytest.mark.both_databases
def test_a_request_that_does_not_exist_is_refused(world: World, bench: Bench) -> None:
    """The id of an imaging request, for instance; those that wait are named."""
    error = check_refuses(world, bench, NAME, TargetNotFound, "there is no resource request 16501", request_id=16501)

    assert f"the newest pending requests are {OTHER}, {PENDING}" in error.next_step


@pytest.mark.both_databases
@pytest.mark.parametrize("api", [True, False])
def test_two_statuses_of_one_name_are_refused_and_named(world: World, bench: Bench, *, api: bool) -> None:
    """Nobody knows which is meant, and upstream's own look-up fails on them."""
    if not api:
        without_api(world)
    second = StatusType.objects.create(name="approved", description="", start_date=ago(days=3))

    error = check_refuses(world, bench, NAME, Refused, "the status approved exists 2 times", request_id=PENDING)

    assert f"{status_id('approved')} and {second.pk}" in error.what


@pytest.mark.parametrize("api", [True, False])
def test_a_status_that_was_never_used_is_refused(world: World, bench: Bench, *, api: bool) -> None:
    """Upstream makes the rows when they are first needed."""
    if not api:
        without_api(world)
    StatusType.objects.filter(name="approved").update(name="approved once")

    check_refuses(world, bench, NAME, TargetNotFound, "there is no status approved", request_id=PENDING)


def test_the_api_approves_and_what_it_does_is_said(world: World) -> None:
    """One call; the notes have the user's own words, that nothing is granted, and that the e-mail leaves at once."""
    planned = check_plans(world, NAME, [CALL], request_id=PENDING)

    assert (
        f'resource request {PENDING} of joetest, since 2026-01-14: "more CPUs for a course"',
        GRANTS_NOTHING,
        "Atmosphere sends an e-mail to joetest at once",
    ) == planned.warnings


@pytest.mark.both_databases
def test_an_approval_by_the_api_sets_the_status_alone_and_stays(world: World, bench: Bench) -> None:
    """The request has no end afterwards; undo is refused, for the user was told."""
    outcome = check_round_trip(world, bench, NAME, request_id=PENDING)

    found = ResourceRequest.objects.get(pk=PENDING)
    assert (status_id("approved"), None) == (found.status_id, found.end_date)
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, outcome.run_id)
    check_nothing_to_do(
        world, NAME, request_id=PENDING, because=f"resource request {PENDING} of joetest is approved already"
    )


@pytest.mark.both_databases
def test_without_the_api_the_status_is_written_and_nobody_is_told(world: World, bench: Bench) -> None:
    """That no e-mail is sent is said, and then it can be taken back."""
    without_api(world)

    planned = check_plans(world, NAME, [ROW], request_id=PENDING)

    assert NO_MAIL == planned.warnings[-1]
    assert f"the status pending ({status_id('pending')}) becomes approved ({status_id('approved')})" in planned.warnings
    check_round_trip(world, bench, NAME, request_id=PENDING)


def test_long_and_odd_words_of_a_user_stay_on_one_line(world: World) -> None:
    """A request may hold anything; the note is short, and shows a line break as such."""
    ResourceRequest.objects.filter(pk=PENDING).update(request='first\n"second" ' + "x" * 500)

    note = plan(world, NAME, request_id=PENDING).warnings[0]

    assert note.endswith('…"')
    assert r"first\n\"second\" xxx" in note
    assert 200 > len(note)


def test_an_account_that_is_not_active_is_told(world: World) -> None:
    """The user could use nothing of it."""
    AtmosphereUser.objects.filter(username="joetest").update(is_active=False)

    assert "the account of joetest is not active" in plan(world, NAME, request_id=PENDING).warnings


@pytest.mark.both_databases
@pytest.mark.parametrize("api", [True, False])
@pytest.mark.parametrize("status", ["denied", "approved"])
def test_a_decision_after_the_plan_makes_it_stale(world: World, bench: Bench, status: str, *, api: bool) -> None:
    """Nobody gets a second e-mail, and no denial becomes an approval."""
    if not api:
        without_api(world)
    planned = plan(world, NAME, request_id=PENDING)
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=StatusType.objects.get(name=status).pk)
    before = everything(bench)

    with pytest.raises(StalePlan):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_an_end_that_was_set_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """A withdrawn request is not approved."""
    without_api(world)
    planned = plan(world, NAME, request_id=PENDING)
    ResourceRequest.objects.filter(pk=PENDING).update(end_date=NOW)

    with pytest.raises(StalePlan, match="end_date was None"):
        apply(world, bench, planned)


@pytest.mark.both_databases
def test_the_undo_of_a_written_status_is_refused_when_it_was_changed_since(world: World, bench: Bench) -> None:
    """Somebody closed it meanwhile."""
    without_api(world)
    outcome = apply(world, bench, plan(world, NAME, request_id=PENDING))
    ResourceRequest.objects.filter(pk=PENDING).update(status_id=status_id("closed"), end_date=NOW)

    with pytest.raises(StalePlan, match="status_id was"):
        undo_plan(world, bench, outcome.run_id)


def test_a_token_of_somebody_who_is_not_staff_is_refused_while_planning(world: World, bench: Bench) -> None:
    """Not only when the e-mail is about to be sent."""
    AtmosphereUser.objects.filter(username="staffmember").update(is_staff=False)

    error = check_refuses(world, bench, NAME, RunbookError, "HTTP 403", request_id=PENDING)

    assert "RUNBOOK_API_TOKEN" in error.next_step


@pytest.mark.both_databases
def test_a_maintenance_stops_it_while_planning(world: World, bench: Bench, tmp_path: Path) -> None:
    """The API answers 503 to staff too; the message of the maintenance is shown."""
    with api_server.serve() as server:
        token = SecretReference(f"file:{server.token_file(tmp_path)}")
        server.exempt = frozenset()
        world.endpoints = dataclasses.replace(world.endpoints, api_url=server.url, api_token=token)

        check_refuses(world, bench, NAME, NotConnected, "Scheduled Maintenance", request_id=PENDING)


def test_an_api_that_does_not_answer_stops_it_while_planning(world: World, bench: Bench) -> None:
    """A configured API is never passed over in silence: the e-mail would not be sent."""
    world.endpoints = dataclasses.replace(world.endpoints, api_url="http://127.0.0.1:9/api")

    check_refuses(world, bench, NAME, NotConnected, "Atmosphere's API", request_id=PENDING)


def test_a_database_of_another_site_than_the_api_is_refused(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are asked; when they disagree, the settings name two sites."""
    monkeypatch.setattr(world.api, "current", lambda _call: "denied")

    check_refuses(
        world,
        bench,
        NAME,
        Refused,
        f"resource request {PENDING} of joetest is pending in the database and denied in Atmosphere's API",
        request_id=PENDING,
    )
