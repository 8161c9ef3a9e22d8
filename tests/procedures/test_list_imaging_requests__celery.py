"""list_imaging_requests: Celery's part, also when Celery is missing, silent or rejects the request."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.procedures import list_imaging_requests
from runbook_lib.systems.celery import Queues
from runbook_lib.systems.celery.snapshot import Held, Snapshot, Worker
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest, StatusType
from runbook_lib.systems.db.queries import open_imaging_requests
from runbook_lib.world.world import World
from tests.checks import check_inspection
from tests.procedures.imaging_requests import NAME, RUNNING, celery, instance_id, rows, states, task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import Bench

NEVER = "its message is NULL, on which the start fails"


@pytest.mark.parametrize(
    ("stage", "place"), [(stage, f"{stage} on imaging@atmo-prod") for stage in ("active", "reserved", "scheduled")]
)
def test_request_with_a_task_at_a_worker_is_in_flight(world: World, bench: Bench, stage: str, place: str) -> None:
    """The instance's UUID is among the task's arguments; the queue is not idle, so no other request is stalled."""
    with celery(bench) as state:
        state["tasks"] = [task(f"('x', '{instance_id('in-flight')}')", stage=stage)]

    listed = rows(check_inspection(world, bench, NAME))

    assert ("in-flight", place) == (listed["in-flight"]["state"], listed["in-flight"]["task"])
    assert ("in-flight", "no task of it was found, but the queue is not proved empty") == (
        listed["silent-stall"]["state"],
        listed["silent-stall"]["task"],
    )
    assert ("stalled", NEVER) == (listed["never-set"]["state"], listed["never-set"]["task"])


def test_task_is_recognized_by_the_uploaded_image(world: World, bench: Bench) -> None:
    """The steps after the upload have the image among their arguments."""
    message = MachineRequest.objects.get(new_application_name="in-processing").old_status or ""
    with celery(bench) as state:
        state["tasks"] = [task(f"('{message.removeprefix('processing - ')}', 7)")]

    assert "active on imaging@atmo-prod" == rows(check_inspection(world, bench, NAME))["in-processing"]["task"]


def test_place_in_the_queue_is_shown(world: World, bench: Bench) -> None:
    """Number 1 is the next task that a worker takes."""
    with celery(bench) as state:
        state["waiting"] = {"imaging": 3}
        line = [instance_id("silent-stall"), "somebody else's", instance_id("in-flight")]
        state["line"] = {"imaging": [task(entry, stage="waiting", worker="") for entry in line]}

    listed = rows(check_inspection(world, bench, NAME))

    assert "1 of 3 waiting in imaging" == listed["silent-stall"]["task"]
    assert "3 of 3 waiting in imaging" == listed["in-flight"]["task"]
    assert "in-flight" == listed["in-flight"]["state"]


def test_validation_is_stalled_only_if_both_queues_are_empty(world: World, bench: Bench) -> None:
    """It waits for an instance in the second queue, and that task does not name the request."""
    with celery(bench) as state:
        state["tasks"] = [task("('another instance',)", queue="fast_deploy", worker="atmosphere-fast_1@atmo-prod")]

    listed = states(check_inspection(world, bench, NAME))

    assert ("in-flight", "stalled") == (listed["in-validation"], listed["in-processing"])


def test_two_requests_in_flight_are_reported(world: World, bench: Bench) -> None:
    """Atmosphere does not prevent it."""
    with celery(bench) as state:
        state["tasks"] = [task(instance_id(name)) for name in ("in-flight", "in-processing")]

    assert check_inspection(world, bench, NAME).answer.endswith("More than one is in flight: their steps interleave.")


class Meanwhile:
    """Inspects an idle Celery, and changes a request during the inspection, as real requests change."""

    def __init__(self, move: Any) -> None:
        self._move = move

    def snapshot(self, queues: Sequence[str]) -> Snapshot:
        """Change the request, then return an idle snapshot."""
        self._move()
        workers = {f"w-{name}": Worker(f"w-{name}", (name,), ()) for name in queues}
        return Snapshot(workers, {name: Held(0, ()) for name in queues})

    def address(self) -> str:
        """Return the name of this inspector."""
        return "test"

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"old_status": "validating"}, "in-flight"),
        ({"old_status": "(pending) - ERROR - x"}, "errored"),
        ({"status": "pending"}, "waiting"),
        ({"status": "completed"}, None),
        ({}, "stalled"),
    ],
)
def test_request_that_moves_on_is_not_stalled(
    world: World, bench: Bench, change: dict[str, str], expected: str | None
) -> None:
    """It is read again after Celery: only a request that did not change is stalled."""
    columns: dict[str, Any] = dict(change)
    if "status" in columns:
        columns = {"status_id": StatusType.objects.get(name=columns["status"]).pk}

    def move() -> None:
        if columns:
            MachineRequest.objects.filter(new_application_name="in-flight").update(**columns)

    first = [entry for entry in open_imaging_requests.open_requests() if entry.application == "in-flight"]
    judged = [list_imaging_requests._judged(first[0], Queues("", inspector=Meanwhile(move)).states(("imaging",)))]

    second = list_imaging_requests._judged_again(judged)

    assert [expected] * bool(expected) == [entry.state for entry in second]


def test_missing_broker_leaves_only_null_messages_stalled(world: World, bench: Bench) -> None:
    """The missing source names the setting, and the answer says what is unknown."""
    inspection = check_inspection(World(replace(world.endpoints, celery=None, broker_url="")), bench, NAME)

    listed = states(inspection)
    assert {"in-flight"} == {listed[name] for name in RUNNING}
    assert "stalled" == listed["never-set"]
    assert {"unknown"} == {rows(inspection)[name]["task"] for name in RUNNING}
    assert ["celery"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_BROKER_URL" in inspection.gaps[0].why
    assert "It is unknown whether a task works on those in flight" in inspection.answer


def test_unreachable_broker_is_a_missing_source(world: World, bench: Bench) -> None:
    """Its port is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    inspection = check_inspection(
        World(replace(world.endpoints, celery=None, broker_url=f"redis://127.0.0.1:{port}/0")), bench, NAME
    )

    assert [("celery", True)] == [(gap.source, "cannot be reached" in gap.why) for gap in inspection.gaps]
    assert 32 == len(inspection.parts[0].rows)


def test_unresponsive_broker_is_a_missing_source(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The port accepts the connection and never responds: the list comes after the time limit."""
    monkeypatch.setattr(list_imaging_requests, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        inspection = check_inspection(World(replace(world.endpoints, celery=None, broker_url=url)), bench, NAME)

    assert [("celery", True)] == [(gap.source, "within 0.5 s" in gap.why) for gap in inspection.gaps]
    assert 32 == len(inspection.parts[0].rows)


def test_unresponsive_workers_prove_nothing(world: World, bench: Bench) -> None:
    """Then no request is stalled, and the table shows the state of the queue."""
    with celery(bench) as state:
        state["mute"] = ["imaging"]

    inspection = check_inspection(world, bench, NAME)

    assert {"in-flight"} == {states(inspection)[name] for name in RUNNING}
    assert [row for row in inspection.parts[1].rows if row[0] == "imaging" and "no worker consumes it" in row[1]]
