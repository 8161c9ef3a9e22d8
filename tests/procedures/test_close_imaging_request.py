"""Denying and closing imaging requests: what the buttons write, when they are offered, what stays behind."""

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
TELL = "nobody is told by mail that it is {}: write to joetest"


@pytest.mark.parametrize(
    ("request_name", "decision"), [("refused", "denied"), ("withdrawn", "closed"), ("closed-by-staff", "closed")]
)
def test_what_was_decided_so_is_left_alone(world: World, request_name: str, decision: str) -> None:
    """Also without an end date, which Close never sets."""
    check_nothing_to_do(
        world,
        NAME,
        request_id=request_id(request_name),
        decision=decision,
        because=f"imaging request {request_id(request_name)} ({request_name}) is {decision} already",
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
def test_what_the_buttons_do_not_offer_is_refused(
    world: World, bench: Bench, request_name: str, decision: str, text: str
) -> None:
    """Deny is for what waits; a completed request keeps its record."""
    check_refuses(world, bench, NAME, Refused, text, request_id=request_id(request_name), decision=decision)


def test_another_word_is_refused(world: World, bench: Bench) -> None:
    """There are two decisions; approving is another procedure."""
    check_refuses(
        world,
        bench,
        NAME,
        ParamError,
        "must be denied or closed",
        request_id=request_id("waiting"),
        decision="approved",
    )


def test_an_unknown_request_is_refused(world: World, bench: Bench) -> None:
    """The error says where the id is found."""
    check_refuses(world, bench, NAME, TargetNotFound, "no imaging request 7 in", request_id=7, decision="closed")


def test_a_status_that_was_never_needed_is_refused(world: World, bench: Bench) -> None:
    """The web interface's button fails on it as well."""
    StatusType.objects.filter(name="denied").update(name="rejected")

    text = "there is no status denied in the atmosphere database"
    error = check_refuses(world, bench, NAME, TargetNotFound, text, request_id=request_id("waiting"), decision="denied")
    assert "/admin/core/statustype" in error.next_step


def test_two_statuses_of_one_name_are_refused_and_both_named(world: World, bench: Bench) -> None:
    """Which of them is meant is not known."""
    other = StatusType.objects.create(name="closed", start_date=NOW)

    text = f"exists 2 times in status_type: {status_id('closed')} and {other.pk}"
    check_refuses(world, bench, NAME, Refused, text, request_id=request_id("waiting"), decision="closed")


def test_a_request_that_may_be_running_is_closed_with_a_warning(world: World) -> None:
    """Closing stops nothing."""
    planned = plan(world, NAME, request_id=request_id("in-flight"), decision="closed")

    assert [True] == ["closing does not stop it" in text for text in planned.warnings if "no error" in text]


def test_an_image_that_was_uploaded_is_named(world: World) -> None:
    """It stays in Glance, and may be public."""
    planned = plan(world, NAME, request_id=request_id("server-ref"), decision="closed")

    assert f"the image {unfinished_image('server-ref')}, which it had uploaded" in planned.warnings[-1]


@pytest.mark.both_databases
@pytest.mark.parametrize("decision", ["denied", "closed"])
def test_the_status_changes_and_nothing_else(world: World, bench: Bench, decision: str) -> None:
    """No end date, as the buttons have it; the owner is to be told by hand."""
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
    assert TELL.format(decision) == planned.warnings[1]

    apply(world, bench, planned)

    expected = [row | {"status_id": wanted} if row["id"] == key else row for row in rows]
    assert expected == stored_rows("atmosphere", "machine_request")
    after = everything(bench)
    after["atmosphere"]["machine_request"] = before["atmosphere"]["machine_request"]
    assert before == after


@pytest.mark.both_databases
@pytest.mark.parametrize("request_name", ["waiting-too", "refused", "server-ref", "silent-stall", "never-set"])
def test_closing_can_be_taken_back(world: World, bench: Bench, request_name: str) -> None:
    """From every status that can be closed."""
    check_round_trip(world, bench, NAME, request_id=request_id(request_name), decision="closed")
