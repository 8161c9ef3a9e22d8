"""Resubmitting an imaging request: only the status changes, and the plan shows where it would resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.rows.glance import IMAGES, LEFTOVER_SNAPSHOT
from runbook_lib.fixture.rows.imaging import request_id, status_id
from runbook_lib.fixture.rows.requests import STATUSES, unfinished_image
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest, StatusType
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

NAME = "resubmit_imaging_request"


def test_completed_request_without_a_machine_can_be_resubmitted(world: World) -> None:
    """Atmosphere completes a request without an image: service/tasks/machine.py:184-185 and 333-346 of v37-5."""
    key = request_id("made-a-version")
    MachineRequest.objects.filter(pk=key).update(new_machine=None, old_status="(completed) - ERROR - x")

    planned = plan(world, NAME, request_id=key)

    assert 1 == len(planned.changes)
    assert any("completed it without an image" in warning for warning in planned.warnings)


def test_resubmission_says_that_there_is_nothing_to_validate(world: World) -> None:
    """An approval would stall, or complete it without an image: service/tasks/machine.py:213-214 of v37-5."""
    key = request_id("none-type-today")
    MachineRequest.objects.filter(pk=key).update(new_machine=None, old_status="(validating) - ERROR - x Exception")

    warnings = "\n".join(plan(world, NAME, request_id=key).warnings)

    assert "it has no machine to validate, so approve_imaging_request refuses it" in warnings


RUNNING = ("just-approved", "never-set", "in-flight", "silent-stall", "in-processing", "in-validation")


def test_pending_request_needs_no_change(world: World) -> None:
    """The empty plan shows where it would resume; a request that failed once keeps its resume point."""
    planned = check_nothing_to_do(
        world,
        NAME,
        request_id=request_id("re-submitted"),
        because=f"imaging request {request_id('re-submitted')} (re-submitted) is already pending",
    )

    expected = "an approval now would resume with validation: it skips imaging and processing"
    assert (expected,) == planned.warnings


def test_unknown_request_is_not_found(world: World, bench: Bench) -> None:
    """The error says where to find the ID, and names the open requests."""
    error = check_refuses(world, bench, NAME, TargetNotFound, "no imaging request 7 in", request_id=7)

    assert "/application/admin/imaging-requests/ID" in error.next_step
    assert str(request_id("unknown-cause")) in error.next_step


@pytest.mark.parametrize(
    ("request_name", "text"),
    [
        ("made-a-version", "is completed"),
        ("withdrawn", "is closed"),
        ("closed-by-staff", "is closed"),
    ],
)
def test_ended_request_is_refused(world: World, bench: Bench, request_name: str, text: str) -> None:
    """A completed request would make a second image; a closed one has no such button."""
    check_refuses(world, bench, NAME, Refused, text, request_id=request_id(request_name))


def test_duplicate_status_is_refused(world: World, bench: Bench) -> None:
    """The refusal names both; upstream's get_or_create fails on them too."""
    other = StatusType.objects.create(name="pending", start_date=NOW)

    error = check_refuses(
        world,
        bench,
        NAME,
        Refused,
        f"exists 2 times in status_type: {status_id('pending')} and {other.pk}",
        request_id=request_id("server-ref"),
    )

    assert f"0 imaging requests and 0 resource requests have {other.pk}" in error.next_step


def test_missing_status_is_refused(world: World, bench: Bench) -> None:
    """A status that was never used has no row."""
    StatusType.objects.filter(name="pending").update(name="waiting")

    text = "there is no status pending in the atmosphere database"
    check_refuses(world, bench, NAME, TargetNotFound, text, request_id=request_id("server-ref"))


@pytest.mark.parametrize(
    ("request_name", "resumes"),
    [
        (
            "server-ref",
            f"with processing: it keeps the uploaded image {unfinished_image('server-ref')} and skips imaging",
        ),
        ("none-type-guide", "with validation: it skips imaging and processing"),
        ("nbd-guide", "from the beginning, with a new snapshot of the instance"),
        ("nbd", "from the beginning, with a new snapshot of the instance"),
        ("refused", "from the beginning, with a new snapshot of the instance"),
        (
            "in-processing",
            f"with processing: it keeps the uploaded image {unfinished_image('in-processing')} and skips imaging",
        ),
        (
            "never-set",
            "nowhere: its message is NULL, so the start fails after it has set the status to started",
        ),
    ],
)
def test_resume_point_is_shown(world: World, request_name: str, resumes: str) -> None:
    """Every form of the message, with and without an error, is parsed as upstream parses it."""
    planned = plan(world, NAME, request_id=request_id(request_name))

    assert f"the next approval resumes {resumes}" == planned.warnings[1]


def test_snapshot_of_the_failed_run_is_named(world: World) -> None:
    """The next run would image the old state of the instance, so the plan names the snapshot and the file."""
    image = next(image for image in IMAGES if image.id == LEFTOVER_SNAPSHOT)
    day = f"{image.created[:10]} {image.created[11:16]} UTC"

    warnings = plan(world, NAME, request_id=request_id("cloud-init")).warnings

    assert f"the next approval resumes from the beginning, with the snapshot of {day}, not a new one" == warnings[1]
    assert f"{image.name} ({image.id})" in warnings[2]
    assert "delete it in glance:4 and the file /storage/joetest/cloud-init.qcow2" in warnings[2]


def test_null_message_gets_a_warning(world: World) -> None:
    """The warning names the value to set before the approval."""
    planned = plan(world, NAME, request_id=request_id("never-set"))

    assert "set its message to 'pending' under /admin/core/machinerequest before you approve it" in planned.warnings


@pytest.mark.parametrize("request_name", RUNNING)
def test_request_that_might_run_gets_a_warning(world: World, request_name: str) -> None:
    """The database cannot distinguish a killed worker from a busy one."""
    planned = plan(world, NAME, request_id=request_id(request_name))

    assert [True] == ["it might still be running" in text for text in planned.warnings if "shows no error" in text]


def test_other_requests_in_flight_are_named(world: World) -> None:
    """Failed requests keep their status but do not count, nor does the request itself."""
    planned = plan(world, NAME, request_id=request_id("in-flight"))

    warning = planned.warnings[-1]
    assert warning.startswith("at most one request can be in flight, so do not approve this one yet: ")
    assert [name for name in RUNNING if name != "in-flight"] == [name for name in RUNNING if f"({name})" in warning]
    assert "(nbd)" not in warning
    assert "(waiting)" not in warning


def test_no_request_in_flight_gives_no_warning(world: World) -> None:
    """If all others have ended or failed, the warnings have only the two facts about the request."""
    MachineRequest.objects.filter(new_application_name__in=RUNNING).update(status_id=status_id("closed"))

    assert 2 == len(plan(world, NAME, request_id=request_id("server-ref")).warnings)


def test_denied_request_can_be_resubmitted(world: World) -> None:
    """The web interface offers it too; nobody is informed."""
    planned = plan(world, NAME, request_id=request_id("refused"))

    assert "it was denied; no one is informed that it is processed again" in planned.warnings


@pytest.mark.both_databases
def test_only_the_status_changes(world: World, bench: Bench) -> None:
    """The message stays, because an approval reads it."""
    key = request_id("server-ref")
    before, rows = everything(bench), stored_rows("atmosphere", "machine_request")
    planned = check_plans(
        world,
        NAME,
        [f"update atmosphere machine_request:{key}  status_id: {status_id('processing')} → {status_id(STATUSES[0])}"],
        request_id=key,
    )

    apply(world, bench, planned)

    expected = [row | {"status_id": status_id("pending")} if row["id"] == key else row for row in rows]
    assert expected == stored_rows("atmosphere", "machine_request")
    after = everything(bench)
    after["atmosphere"]["machine_request"] = before["atmosphere"]["machine_request"]
    assert before == after


@pytest.mark.both_databases
def test_message_changed_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The resume point in the plan must still be true."""
    planned = plan(world, NAME, request_id=request_id("server-ref"))
    MachineRequest.objects.filter(pk=request_id("server-ref")).update(old_status="validating")

    with pytest.raises(StalePlan, match="old_status"):
        apply(world, bench, planned)


@pytest.mark.both_databases
@pytest.mark.parametrize("request_name", ["server-ref", "never-set", "refused", "silent-stall"])
def test_resubmission_can_be_undone(world: World, bench: Bench, request_name: str) -> None:
    """Undo restores the old status."""
    check_round_trip(world, bench, NAME, request_id=request_id(request_name))
