"""Approving an imaging request: one in flight, an idle queue, no second start, and a correct outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CannotUndo, PartlyApplied, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.clock import NOW
from runbook_lib.fixture.rows.imaging import request_id, status_id
from runbook_lib.fixture.rows.requests import unfinished_image
from runbook_lib.systems.db.models.atmosphere.models import (
    AccountProvider,
    Credential,
    Instance,
    MachineRequest,
    ProviderCredential,
    StatusType,
)
from tests.checks import (
    apply,
    before_call,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    everything,
    plan,
    undo_plan,
)

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "approve_imaging_request"
WAITING = request_id("waiting")
IN_FLIGHT = ("just-approved", "never-set", "in-flight", "silent-stall", "in-processing", "in-validation")
CONFIRMED = ",".join(str(request_id(name)) for name in IN_FLIGHT)


def alone() -> None:
    """Close every request that the database shows as in flight."""
    keys = [request_id(name) for name in IN_FLIGHT]
    MachineRequest.objects.filter(pk__in=keys).update(status_id=status_id("closed"))


def status(name: str = "waiting") -> str:
    """Return the name of a request's status."""
    return MachineRequest.objects.select_related("status").get(pk=request_id(name)).status.name


def test_completed_request_needs_no_change(world: World) -> None:
    """Its image exists."""
    key = request_id("made-a-version")
    because = f"imaging request {key} (made-a-version) is already completed"

    check_nothing_to_do(world, NAME, because=because, request_id=key)


@pytest.mark.both_databases
def test_unknown_request_is_not_found(world: World, bench: Bench) -> None:
    """The error says where to find the ID."""
    check_refuses(world, bench, NAME, TargetNotFound, "no imaging request 7 in", request_id=7)


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("in-flight", "follow it in Flower"),
        ("just-approved", "follow it in Flower"),
        ("in-processing", "follow it in Flower"),
        ("silent-stall", "if no task works on it, run resubmit_imaging_request"),
        ("nbd", "fix the cause, then run resubmit_imaging_request"),
        ("none-type-guide", "fix the cause, then run resubmit_imaging_request"),
        ("refused", "resubmit_imaging_request, then approve again"),
        ("withdrawn", "ask the owner to submit a new request"),
        ("closed-by-staff", "ask the owner to submit a new request"),
    ],
)
def test_only_a_pending_request_is_approved(world: World, bench: Bench, name: str, step: str) -> None:
    """Atmosphere would start any other request again; the refusal names the next step."""
    error = check_refuses(world, bench, NAME, Refused, "not pending", request_id=request_id(name))

    assert step in error.next_step


def test_other_requests_in_flight_are_refused_and_listed(world: World, bench: Bench) -> None:
    """Each is named with its status, also the stalled one, which the database shows as running."""
    text = "at most one imaging request can be in flight, and the database shows 6: "

    error = check_refuses(world, bench, NAME, Refused, text, request_id=WAITING)

    for name in IN_FLIGHT:
        assert f"imaging request {request_id(name)} ({name})" in error.what
    assert f"despite_in_flight={CONFIRMED}" in error.next_step


def test_single_request_in_flight_is_refused(world: World, bench: Bench) -> None:
    """All but one are confirmed as stalled: the refusal names only the remaining request."""
    all_but_one = ",".join(CONFIRMED.split(",")[1:])

    error = check_refuses(
        world, bench, NAME, Refused, "the database shows 1: ", request_id=WAITING, despite_in_flight=all_but_one
    )

    assert "(just-approved) is approved" in error.what
    assert "(in-flight)" not in error.what


def test_confirmed_request_must_be_in_flight(world: World, bench: Bench) -> None:
    """A failed request is not in flight, nor is the request to approve."""
    named = f"{CONFIRMED},{request_id('nbd')},{WAITING}"

    text = f"despite_in_flight names {WAITING}, {request_id('nbd')}, which is not in flight"
    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=named)


def test_failed_requests_do_not_count_as_in_flight(world: World) -> None:
    """They keep their status; the fixture has twenty of them, and none blocks the approval."""
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


def _no_identity() -> None:
    key = MachineRequest.objects.get(pk=WAITING).instance_id
    Instance.objects.filter(pk=key).update(created_by_identity=None)


def _no_project() -> None:
    identity = MachineRequest.objects.get(pk=WAITING).instance.created_by_identity_id
    Credential.objects.filter(identity_id=identity, key__in=("ex_project_name", "ex_tenant_name")).delete()


def _no_machine() -> None:
    MachineRequest.objects.filter(pk=WAITING).update(old_status="validating", new_machine=None)


def _no_machine_after_an_error() -> None:
    message = "(validating) - ERROR - AttributeError(\"'NoneType' object has no attribute 'provider'\",) Exception: x"
    MachineRequest.objects.filter(pk=WAITING).update(old_status=message, new_machine=None)


@pytest.mark.parametrize(
    ("happens", "text"),
    [
        (_null_message, "is NULL"),
        (_no_identity, "would stall: its instance has no identity (created_by_identity is NULL)"),
        (_no_project, "has neither credential ex_project_name nor ex_tenant_name"),
        (_no_machine, "would resume with validation, but it has no machine to validate"),
        (_no_machine_after_an_error, "would resume with validation, but it has no machine to validate"),
        (_no_region, "would stall: provider 4 has no credential region_name"),
        (_ended, "ended on 2026-01-15"),
    ],
)
def test_start_that_would_fail_is_refused(world: World, bench: Bench, happens: Any, text: str) -> None:
    """Atmosphere would set the status to started first, and report no error."""
    happens()

    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=CONFIRMED)


def test_key_of_a_provider_may_stand_with_its_admin_identity(world: World) -> None:
    """Upstream merges both: core/models/machine_request.py:277-296 of Atmosphere v37-5."""
    _no_region()
    admin = AccountProvider.objects.filter(provider_id=4).order_by("pk")[0].identity_id
    Credential.objects.create(identity_id=admin, key="region_name", value="RegionOne")

    assert plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED).changes


def test_ended_instance_does_not_block_a_request_that_resumes_later(world: World) -> None:
    """Its image is already uploaded."""
    request = MachineRequest.objects.get(pk=request_id("re-submitted"))
    Instance.objects.filter(pk=request.instance_id).update(end_date=NOW)
    MachineRequest.objects.filter(pk=request.pk).update(new_machine=request.parent_machine_id)

    planned = plan(world, NAME, request_id=request.pk, despite_in_flight=CONFIRMED)

    assert "cannot stop a started imaging; it resumes with validation" in planned.warnings[0]


@pytest.mark.parametrize("name", ["approved", "started"])
def test_duplicate_status_is_refused(world: World, bench: Bench, name: str) -> None:
    """Atmosphere's own query fails on duplicates partway."""
    StatusType.objects.create(name=name, start_date=NOW)
    text = f"the status {name} exists 2 times"

    check_refuses(world, bench, NAME, Refused, text, request_id=WAITING, despite_in_flight=CONFIRMED)


def test_missing_status_approved_is_refused(world: World, bench: Bench) -> None:
    """A site that never approved a request has no key to send."""
    alone()
    StatusType.objects.filter(name="approved").update(name="other")

    check_refuses(world, bench, NAME, TargetNotFound, "no status approved", request_id=WAITING)


def test_plan_shows_the_risks(world: World) -> None:
    """It shows that nobody can stop it, how long it takes, who confirmed the stalled requests, and the idle queue."""
    planned = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED)

    text = "\n".join(planned.warnings)
    assert "resumes from the beginning, with a new snapshot of the instance" in text
    assert "deletes the folder /storage/joetest/ on the imaging host, with the files of the project's other" in text
    assert "a successful run from the beginning stays in processing, without an email; its image is complete" in text
    assert "20 to 40 minutes per 10 GB" in text
    assert f"you confirmed that imaging request {request_id('silent-stall')} (silent-stall) is stalled" in text
    assert "imaging: proved empty: no task found, and imaging@atmo-prod responded" in text
    assert "but the image is public in Glance until it is processed" in text
    assert planned.irreversible == planned.changes


def test_processing_again_is_announced(world: World) -> None:
    """A run that resumes with processing overwrites later changes, and needs no snapshot."""
    MachineRequest.objects.filter(pk=WAITING).update(old_status=f"processing - {unfinished_image('server-ref')}")

    warnings = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED).warnings

    assert any("description, owner and privacy again, and moves its version back" in warning for warning in warnings)
    assert [] == [warning for warning in warnings if "ChromoSnapShot_" in warning or "/storage/" in warning]


@pytest.mark.both_databases
def test_request_is_started_once(world: World, bench: Bench) -> None:
    """Afterwards it is started, the same plan is stale, and a new plan and an undo are refused."""
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
def test_denial_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The status is compared immediately before the call."""
    planned = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED)
    MachineRequest.objects.filter(pk=WAITING).update(status_id=status_id("denied"))
    before = everything(bench)

    with pytest.raises(StalePlan, match="is 'denied' now"):
        apply(world, bench, planned)

    assert before == everything(bench)


@pytest.mark.both_databases
def test_start_that_fails_partway_is_partly_applied(world: World, bench: Bench) -> None:
    """The API responds 400 after it changed the status: neither done nor unchanged; the run contains the call."""
    planned = plan(world, NAME, request_id=WAITING, despite_in_flight=CONFIRMED)

    with pytest.raises(PartlyApplied, match="was applied only in part") as caught:
        apply(world, bench, planned, watch=before_call(_null_message))

    assert "it responded with HTTP 400: argument of type 'NoneType' is not iterable" in caught.value.why
    assert "it is unknown whether a task was queued: check Flower" in caught.value.why
    assert ("partly-applied", planned.changes) == (bench.journal.runs()[-1].state, bench.journal.runs()[-1].receipt)
    assert "started" == status()
    with pytest.raises(CannotUndo, match="can't be undone"):
        undo_plan(world, bench, caught.value.run_id)
