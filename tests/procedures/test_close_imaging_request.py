"""Denying and closing imaging requests: what the buttons write, when they exist, and what stays behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import ParamError, Refused, TargetNotFound
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.rows.imaging import request_id, status_id
from runbook_lib.fixture.rows.requests import unfinished_image
from runbook_lib.systems.db.models.atmosphere.models import StatusType
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    stored_rows,
)

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "close_imaging_request"
NO_EMAIL = "Atmosphere sends no email about the status {}: write to joetest"


@pytest.mark.parametrize(
    ("request_name", "decision"), [("refused", "denied"), ("withdrawn", "closed"), ("closed-by-staff", "closed")]
)
def test_same_decision_needs_no_change(world: World, request_name: str, decision: str) -> None:
    """Also without an end date, which the button Close never sets."""
    check_nothing_to_do(
        world,
        NAME,
        request_id=request_id(request_name),
        decision=decision,
        because=f"imaging request {request_id(request_name)} ({request_name}) is already {decision}",
    )


@pytest.mark.parametrize(
    ("request_name", "decision", "text"),
    [
        ("made-a-version", "closed", "is completed"),
        ("made-a-version", "denied", "is completed"),
        ("in-flight", "denied", "is started, not pending"),
        ("server-ref", "denied", "is processing, not pending"),
        ("withdrawn", "denied", "is closed, not pending"),
    ],
)
def test_decision_without_a_button_is_refused(
    world: World, bench: Bench, request_name: str, decision: str, text: str
) -> None:
    """Deny is for pending requests; a completed request keeps its record."""
    check_refuses(world, bench, NAME, Refused, text, request_id=request_id(request_name), decision=decision)


def test_unknown_decision_is_refused(world: World, bench: Bench) -> None:
    """There are two decisions; an approval is another procedure."""
    check_refuses(
        world,
        bench,
        NAME,
        ParamError,
        "must be denied or closed",
        request_id=request_id("waiting"),
        decision="approved",
    )


def test_unknown_request_is_not_found(world: World, bench: Bench) -> None:
    """The error says where to find the ID."""
    check_refuses(world, bench, NAME, TargetNotFound, "no imaging request 7 in", request_id=7, decision="closed")


def test_unused_status_is_refused(world: World, bench: Bench) -> None:
    """The web interface's button fails on it too."""
    StatusType.objects.filter(name="denied").update(name="rejected")

    text = "there is no status denied in the atmosphere database"
    error = check_refuses(world, bench, NAME, TargetNotFound, text, request_id=request_id("waiting"), decision="denied")
    assert "get_status_type('denied') of core.models.status_type" in error.next_step


def test_duplicate_status_is_refused(world: World, bench: Bench) -> None:
    """The refusal names both, because the intended one is unknown."""
    other = StatusType.objects.create(name="closed", start_date=NOW)

    text = f"exists 2 times in status_type: {status_id('closed')} and {other.pk}"
    check_refuses(world, bench, NAME, Refused, text, request_id=request_id("waiting"), decision="closed")


def test_request_that_might_run_is_closed_with_a_warning(world: World) -> None:
    """Closing stops nothing."""
    planned = plan(world, NAME, request_id=request_id("in-flight"), decision="closed")

    assert [True] == ["closing does not stop it" in text for text in planned.warnings if "no error" in text]


def test_uploaded_image_is_reported(world: World) -> None:
    """It stays in Glance and might be public."""
    planned = plan(world, NAME, request_id=request_id("server-ref"), decision="closed")

    assert f"its uploaded image {unfinished_image('server-ref')} stays in Glance" in planned.warnings[-1]


@pytest.mark.both_databases
@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_only_the_status_changes(world: World, bench: Bench, decision: str) -> None:
    """Like the buttons, the plan sets no end date; staff must write to the owner."""
    key = request_id("waiting")
    wanted = status_id("denied" if decision == "denied" else "closed")
    before, rows = everything(bench), stored_rows("atmosphere", "machine_request")
    planned = check_plans(
        world,
        NAME,
        [f"update atmosphere machine_request:{key}  status_id: {status_id('pending')} → {wanted}"],
        request_id=key,
        decision=decision,
    )
    assert NO_EMAIL.format(decision) == planned.warnings[1]

    apply(world, bench, planned)

    expected = [row | {"status_id": wanted} if row["id"] == key else row for row in rows]
    assert expected == stored_rows("atmosphere", "machine_request")
    after = everything(bench)
    after["atmosphere"]["machine_request"] = before["atmosphere"]["machine_request"]
    assert before == after


@pytest.mark.both_databases
@pytest.mark.parametrize("request_name", ["waiting-too", "refused", "server-ref", "silent-stall", "never-set"])
def test_closing_can_be_undone(world: World, bench: Bench, request_name: str) -> None:
    """From every status that can be closed."""
    check_round_trip(world, bench, NAME, request_id=request_id(request_name), decision="closed")
