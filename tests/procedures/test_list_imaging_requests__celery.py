"""list_imaging_requests: what Celery adds to the rows, and what is said when it is absent, silent or refuses."""

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
def test_a_request_whose_task_a_worker_has_is_in_flight(world: World, bench: Bench, stage: str, place: str) -> None:
    """By the instance's uuid among the arguments; the queue is not idle, so nobody else is called stalled."""
    with celery(bench) as state:
        state["tasks"] = [task(f"('x', '{instance_id('in-flight')}')", stage=stage)]

    found = rows(check_inspection(world, bench, NAME))

    assert ("in-flight", place) == (found["in-flight"]["state"], found["in-flight"]["task"])
    assert ("in-flight", "no task of it was seen, and that none is there is not proved") == (
        found["silent-stall"]["state"],
        found["silent-stall"]["task"],
    )
    assert ("stalled", NEVER) == (found["never-set"]["state"], found["never-set"]["task"])


def test_a_task_is_told_by_the_uploaded_image_too(world: World, bench: Bench) -> None:
    """The steps after the upload have the image among their arguments."""
    message = MachineRequest.objects.get(new_application_name="in-processing").old_status or ""
    with celery(bench) as state:
        state["tasks"] = [task(f"('{message.removeprefix('processing - ')}', 7)")]

    assert "active on imaging@atmo-prod" == rows(check_inspection(world, bench, NAME))["in-processing"]["task"]


def test_the_place_in_the_queue_is_told(world: World, bench: Bench) -> None:
    """The next to be taken is the first."""
    with celery(bench) as state:
        state["waiting"] = {"imaging": 3}
        line = [instance_id("silent-stall"), "somebody else's", instance_id("in-flight")]
        state["line"] = {"imaging": [task(one, stage="waiting", worker="") for one in line]}

    found = rows(check_inspection(world, bench, NAME))

    assert "1 of 3 waiting in imaging" == found["silent-stall"]["task"]
    assert "3 of 3 waiting in imaging" == found["in-flight"]["task"]
    assert "in-flight" == found["in-flight"]["state"]


def test_a_validation_is_stalled_only_when_its_second_queue_is_empty_too(world: World, bench: Bench) -> None:
    """It waits for an instance there, and that task does not name the request."""
    with celery(bench) as state:
        state["tasks"] = [task("('another instance',)", queue="fast_deploy", worker="atmosphere-fast_1@atmo-prod")]

    found = states(check_inspection(world, bench, NAME))

    assert ("in-flight", "stalled") == (found["in-validation"], found["in-processing"])


def test_two_in_flight_are_said(world: World, bench: Bench) -> None:
    """Nothing in Atmosphere keeps them apart."""
    with celery(bench) as state:
        state["tasks"] = [task(instance_id(name)) for name in ("in-flight", "in-processing")]

    assert check_inspection(world, bench, NAME).answer.endswith("More than one is in flight: their steps interleave.")


class Meanwhile:
    """Looks at an idle Celery, and lets a request move on during the inspection, as real ones do."""

    def __init__(self, move: Any) -> None:
        self._move = move

    def snapshot(self, queues: Sequence[str]) -> Snapshot:
        """Return that nothing is held, after the move."""
        self._move()
        workers = {f"w-{name}": Worker(f"w-{name}", (name,), ()) for name in queues}
        return Snapshot(workers, {name: Held(0, ()) for name in queues})

    def address(self) -> str:
        """Return what this is."""
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
def test_one_that_moves_on_meanwhile_is_not_called_stalled(
    world: World, bench: Bench, change: dict[str, str], expected: str | None
) -> None:
    """It is read again after Celery was: only what stayed where it was is stalled."""
    columns: dict[str, Any] = dict(change)
    if "status" in columns:
        columns = {"status_id": StatusType.objects.get(name=columns["status"]).pk}

    def move() -> None:
        if columns:
            MachineRequest.objects.filter(new_application_name="in-flight").update(**columns)

    first = [one for one in open_imaging_requests.open_requests() if one.application == "in-flight"]
    judged = [list_imaging_requests._judged(first[0], Queues("", inspector=Meanwhile(move)).states(("imaging",)))]

    again = list_imaging_requests._again(judged)

    assert [expected] * bool(expected) == [one.state for one in again]


def test_without_a_broker_nothing_is_called_stalled_but_what_can_not_run(world: World, bench: Bench) -> None:
    """The gap names the setting, and the answer says what is not known."""
    inspection = check_inspection(World(replace(world.endpoints, celery=None, broker_url="")), bench, NAME)

    found = states(inspection)
    assert {"in-flight"} == {found[name] for name in RUNNING}
    assert "stalled" == found["never-set"]
    assert {"not known"} == {rows(inspection)[name]["task"] for name in RUNNING}
    assert ["celery"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_BROKER_URL" in inspection.gaps[0].why
    assert "Whether those in flight are really worked on is not known" in inspection.answer


def test_a_broker_that_is_not_there_is_a_gap(world: World, bench: Bench) -> None:
    """A closed port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    inspection = check_inspection(
        World(replace(world.endpoints, celery=None, broker_url=f"redis://127.0.0.1:{port}/0")), bench, NAME
    )

    assert [("celery", True)] == [(gap.source, "cannot be reached" in gap.why) for gap in inspection.gaps]
    assert 32 == len(inspection.parts[0].rows)


def test_a_broker_that_is_silent_is_a_gap(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that takes the question and never answers: the list comes after the time limit."""
    monkeypatch.setattr(list_imaging_requests, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        inspection = check_inspection(World(replace(world.endpoints, celery=None, broker_url=url)), bench, NAME)

    assert [("celery", True)] == [(gap.source, "within 0.5 s" in gap.why) for gap in inspection.gaps]
    assert 32 == len(inspection.parts[0].rows)


def test_workers_that_do_not_answer_prove_nothing(world: World, bench: Bench) -> None:
    """Then nobody is stalled, and the queue's own words stand below."""
    with celery(bench) as state:
        state["mute"] = ["imaging"]

    inspection = check_inspection(world, bench, NAME)

    assert {"in-flight"} == {states(inspection)[name] for name in RUNNING}
    assert [row for row in inspection.parts[1].rows if row[0] == "imaging" and "nobody consumes it" in row[1]]
