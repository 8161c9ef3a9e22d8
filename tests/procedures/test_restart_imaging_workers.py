"""The imaging workers are restarted only when nothing can be lost; each reason against it is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import render
from runbook_lib.errors import CannotUndo, PartlyApplied, Refused
from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.model.practice import is_practice
from tests.checks import apply, check_plans, check_refuses, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "restart_imaging_workers"
WORKER = "imaging@atmo-prod"
BEFORE = f"{WORKER} pid 2319 start 815691"
TASK = {"name": "service.tasks.machine_imaging_task", "id": "t1", "worker": WORKER, "queue": "imaging"}


def alter(bench: Bench, **values: Any) -> None:
    """Change what the fixture's host and broker hold."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        state.update(values)


def nodes(bench: Bench) -> dict[str, int]:
    """Return the nodes that run, and the pid of each."""
    state = state_file.read(bench.practice / celery_state.FILE)
    return {node["name"]: node["pid"] for node in state["nodes"]}


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ({"tasks": [{**TASK, "args": "('i-1',)", "stage": "active"}]}, "machine_imaging_task('i-1',) on imaging@"),
        ({"tasks": [{**TASK, "args": "", "stage": "scheduled"}]}, "1 task with a worker"),
        ({"waiting": {"imaging": 2}}, "2 tasks waiting in the queue"),
        ({"unacked": {"imaging": ["t9"]}}, "1 task given out and not acknowledged, which no worker tells of (t9)"),
        ({"mute": ["imaging"]}, "imaging: nobody consumes it"),
        ({"mute": [name for name, _, _ in celery_state.LAYOUT]}, "imaging: nobody answers"),
        ({"mute": ["imaging"]}, f"{BEFORE} is there and does not answer"),
        ({"service": "none"}, "has no service celeryd"),
        ({"service": "systemd", "waiting": {"email": 1}}, "email: 1 task waiting in the queue"),
    ],
)
@pytest.mark.parametrize("graceful", [True, False])
def test_it_is_refused_while_something_could_be_lost(
    world: World,
    bench: Bench,
    graceful: bool,  # noqa: FBT001 - a parameter
    held: dict[str, Any],
    text: str,
) -> None:
    """Whatever holds a task, or does not answer, stands in the way; of killing too."""
    alter(bench, **held)

    check_refuses(world, bench, NAME, Refused, text, graceful=graceful)


def test_a_worker_elsewhere_is_told(world: World, bench: Bench) -> None:
    """The broker knows a worker that is no process of this host: this is the wrong host."""
    state = state_file.read(bench.practice / celery_state.FILE)
    seen = world.endpoints.celery.snapshot(["imaging"])
    alter(bench, nodes=[node for node in state["nodes"] if node["name"] != "imaging"])
    world.queues.snapshot = lambda _names=(): seen  # type: ignore[method-assign]

    check_refuses(world, bench, NAME, Refused, f"{WORKER} consumes imaging, and is none of the processes on this host")


@pytest.mark.both_databases
def test_a_password_on_a_command_line_is_not_shown(world: World, bench: Bench) -> None:
    """A worker may be started with its broker's whole address; plan, JSON and journal show where, not the password."""
    state = state_file.read(bench.practice / celery_state.FILE)
    options = ["--broker=redis://:hunter2@127.0.0.1:6379/0"]
    alter(bench, nodes=[{**node, "options": options} for node in state["nodes"]])

    planned = plan(world, NAME)

    assert "--broker=redis://(masked)@127.0.0.1:6379/0" in render.plan_text(planned)
    assert "hunter2" not in render.plan_text(planned) + json.dumps(planned.as_json())

    apply(world, bench, planned)
    assert "hunter2" not in bench.journal.path.read_text(encoding="utf-8")


def test_a_node_of_several_queues_needs_all_of_them_empty(world: World, bench: Bench) -> None:
    """The development layout: one node serves four queues, and a task of any of them is in the way; they are named."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        state["layout"] = [["atmosphere-node_1", "default,email,imaging,celery_periodic", 13]]
        state["nodes"] = []
        celery_state.spawn(state, "atmosphere-node_1")
    planned = plan(world, NAME)
    assert (
        "the same worker serves celery_periodic, default, email too, which were proved empty as well"
        in planned.warnings
    )

    alter(bench, waiting={"email": 1})
    check_refuses(world, bench, NAME, Refused, "email: 1 task waiting in the queue")


@pytest.mark.both_databases
def test_only_the_imaging_worker_is_new_afterwards(world: World, bench: Bench) -> None:
    """It is asked to finish, and the init script starts what is missing; the operator is told each step."""
    told: list[str] = []
    world.progress = told.append
    before = nodes(bench)
    planned = check_plans(
        world,
        NAME,
        [f'call   workers imaging  restart: ["{BEFORE}"] → "restarted, answering"  (irreversible)'],
    )

    outcome = apply(world, bench, planned)

    assert "applied" == outcome.state
    assert {"imaging"} == {name for name, pid in nodes(bench).items() if pid != before[name]}
    assert f"\t> {WORKER}: OK" in told
    assert told[-1].startswith("the workers of imaging answer after")
    with pytest.raises(CannotUndo, match="restart is irreversible"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_with_systemd_the_whole_service_is_restarted(world: World, bench: Bench) -> None:
    """``start`` would do nothing there while another worker lives; the plan says so."""
    alter(bench, service="systemd")
    before = nodes(bench)
    planned = plan(world, NAME)
    assert any("takes 'start' for done" in warning for warning in planned.warnings)

    assert "applied" == apply(world, bench, planned).state

    assert set(before) == {name for name, pid in nodes(bench).items() if pid != before[name]}


@pytest.mark.both_databases
def test_a_worker_that_does_not_end_is_killed_only_on_request(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked alone, it stays, and the run says so; with ``graceful=False`` exactly it and its children are killed."""
    monkeypatch.setattr(world.workers, "_finish_seconds", 0.1)
    monkeypatch.setattr(world.workers, "_kill_seconds", 0.1)
    told: list[str] = []
    world.progress = told.append
    alter(bench, stubborn=["imaging"])
    with pytest.raises(PartlyApplied, match="was asked to finish and still runs"):
        apply(world, bench, plan(world, NAME))
    assert 2319 == nodes(bench)["imaging"]

    monkeypatch.setattr(world.workers, "_finish_seconds", 600)  # which the start of the service has too
    assert "applied" == apply(world, bench, plan(world, NAME, graceful=False)).state

    assert f"kills {BEFORE}, with children: 2319, 2320" in told
    assert 2319 != nodes(bench)["imaging"]


@pytest.mark.both_databases
def test_a_worker_that_does_not_come_back_is_told_and_a_second_run_starts_it(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped, so something was changed; run again with the cause mended, only the start is left to do."""
    monkeypatch.setattr(world.workers, "_back_seconds", 0.1)
    alter(bench, broken=["imaging"])
    with pytest.raises(PartlyApplied, match="did not all answer; processes there: none"):
        apply(world, bench, plan(world, NAME))
    assert "imaging" not in nodes(bench)

    alter(bench, broken=[])
    planned = plan(world, NAME)
    assert planned.warnings[0].startswith("no worker of imaging runs on this host")
    assert "applied" == apply(world, bench, planned).state
    assert "imaging" in nodes(bench)


@pytest.mark.both_databases
def test_a_task_that_came_after_the_plan_stops_the_restart(world: World, bench: Bench) -> None:
    """The queue is proved empty once more right before; nothing is changed."""
    planned = plan(world, NAME)
    alter(bench, waiting={"imaging": 1})

    with pytest.raises(Refused, match="1 task waiting in the queue"):
        apply(world, bench, planned)

    assert 2319 == nodes(bench)["imaging"]
    assert "not-applied" == bench.journal.runs()[-1].state


def test_where_nothing_is_configured_it_says_what_to_set(world: World, bench: Bench) -> None:
    """Without a way to the host, or without a broker, it is refused with the setting's name."""
    assert is_practice(world.targets())
    world.host.prefix = ()

    check_refuses(world, bench, NAME, Refused, "RUNBOOK_HOST_EXEC is not set")
