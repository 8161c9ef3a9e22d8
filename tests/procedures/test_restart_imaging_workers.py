"""The imaging workers are restarted only when no task can be lost; the refusal names each reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import render
from runbook_lib.errors import CannotUndo, PartlyApplied, Refused, StalePlan
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
    """Change the state of the fixture's host and broker."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        state.update(values)


def nodes(bench: Bench) -> dict[str, int]:
    """Return the running nodes with their pids."""
    state = state_file.read(bench.practice / celery_state.FILE)
    return {node["name"]: node["pid"] for node in state["nodes"]}


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ({"tasks": [{**TASK, "args": "('i-1',)", "stage": "active"}]}, "machine_imaging_task('i-1',) on imaging@"),
        ({"tasks": [{**TASK, "args": "", "stage": "scheduled"}]}, "1 task held by a worker"),
        ({"waiting": {"imaging": 2}}, "2 tasks waiting in the queue"),
        ({"unacked": {"imaging": ["t9"]}}, "1 task delivered but not acknowledged, and not reported by a worker (t9)"),
        ({"mute": ["imaging"]}, "imaging: no worker consumes it"),
        ({"mute": [name for name, _, _ in celery_state.LAYOUT]}, "imaging: no worker responds"),
        ({"mute": ["imaging"]}, f"{BEFORE} runs but does not respond"),
        ({"service": "none"}, "has no service celeryd"),
        ({"service": "systemd", "waiting": {"email": 1}}, "email: 1 task waiting in the queue"),
    ],
)
@pytest.mark.parametrize("graceful", [True, False])
def test_restart_that_could_lose_a_task_is_refused(
    world: World,
    bench: Bench,
    graceful: bool,  # noqa: FBT001 - a parameter
    held: dict[str, Any],
    text: str,
) -> None:
    """A worker that holds a task, or does not respond, blocks the restart, also with graceful=False."""
    alter(bench, **held)

    check_refuses(world, bench, NAME, Refused, text, graceful=graceful)


def test_worker_on_another_host_is_refused(world: World, bench: Bench) -> None:
    """The broker lists a worker that is not a process of this host: this is the wrong host."""
    state = state_file.read(bench.practice / celery_state.FILE)
    snapshot = world.endpoints.celery.snapshot(["imaging"])
    alter(bench, nodes=[node for node in state["nodes"] if node["name"] != "imaging"])
    world.queues.snapshot = lambda _names=(): snapshot  # type: ignore[method-assign]

    check_refuses(world, bench, NAME, Refused, f"{WORKER} consumes imaging but is not a process on this host")


@pytest.mark.both_databases
def test_password_on_a_command_line_is_masked(world: World, bench: Bench) -> None:
    """A worker's arguments can contain its broker's address; plan, JSON and journal mask the password."""
    state = state_file.read(bench.practice / celery_state.FILE)
    options = ["--broker=redis://:hunter2@127.0.0.1:6379/0"]
    alter(bench, nodes=[{**node, "options": options} for node in state["nodes"]])

    planned = plan(world, NAME)

    assert "--broker=redis://(masked)@127.0.0.1:6379/0" in render.plan_text(planned)
    assert "hunter2" not in render.plan_text(planned) + json.dumps(planned.as_json())

    apply(world, bench, planned)
    assert "hunter2" not in bench.journal.path.read_text(encoding="utf-8")


def test_node_of_several_queues_requires_all_of_them_empty(world: World, bench: Bench) -> None:
    """In the development layout, one node serves four queues, and a task of any of them blocks the restart."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        state["layout"] = [["atmosphere-node_1", "default,email,imaging,celery_periodic", 13]]
        state["nodes"] = []
        celery_state.spawn(state, "atmosphere-node_1")
    planned = plan(world, NAME)
    assert (
        "the same worker also serves celery_periodic, default, email; these queues were proved empty too"
        in planned.warnings
    )

    alter(bench, waiting={"email": 1})
    check_refuses(world, bench, NAME, Refused, "email: 1 task waiting in the queue")


@pytest.mark.both_databases
def test_only_the_imaging_worker_is_restarted(world: World, bench: Bench) -> None:
    """It is asked to stop, and the init script starts the missing worker; the output shows each step."""
    progress: list[str] = []
    world.progress = progress.append
    before = nodes(bench)
    planned = check_plans(
        world,
        NAME,
        [f'call   workers imaging  restart: ["{BEFORE}"] → "restarted, responding"  (irreversible)'],
    )

    outcome = apply(world, bench, planned)

    assert "applied" == outcome.state
    assert {"imaging"} == {name for name, pid in nodes(bench).items() if pid != before[name]}
    assert f"\t> {WORKER}: OK" in progress
    assert progress[-1].startswith("the workers of imaging respond after")
    with pytest.raises(CannotUndo, match="restart is irreversible"):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_systemd_restarts_the_entire_service(world: World, bench: Bench) -> None:
    """``start`` would do nothing there while another worker is running; the plan says so."""
    alter(bench, service="systemd")
    before = nodes(bench)
    planned = plan(world, NAME)
    assert any("treats 'start' as done" in warning for warning in planned.warnings)

    assert "applied" == apply(world, bench, planned).state

    assert set(before) == {name for name, pid in nodes(bench).items() if pid != before[name]}


@pytest.mark.both_databases
def test_worker_that_does_not_stop_is_killed_only_on_request(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default it stays, and the run says so; ``graceful=False`` kills exactly it and its children."""
    monkeypatch.setattr(world.workers, "_finish_seconds", 0.1)
    monkeypatch.setattr(world.workers, "_kill_seconds", 0.1)
    progress: list[str] = []
    world.progress = progress.append
    alter(bench, stubborn=["imaging"])
    with pytest.raises(PartlyApplied, match="received the signal to finish and still runs"):
        apply(world, bench, plan(world, NAME))
    assert 2319 == nodes(bench)["imaging"]

    monkeypatch.setattr(world.workers, "_finish_seconds", 600)  # which the start of the service has too
    assert "applied" == apply(world, bench, plan(world, NAME, graceful=False)).state

    assert f"killing {BEFORE}, processes 2319, 2320" in progress
    assert 2319 != nodes(bench)["imaging"]


@pytest.mark.both_databases
def test_worker_that_does_not_return_is_started_by_a_second_run(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was stopped, so something was changed; after the cause is fixed, only the start is left to do."""
    monkeypatch.setattr(world.workers, "_return_seconds", 0.1)
    alter(bench, broken=["imaging"])
    with pytest.raises(PartlyApplied, match=r"not all workers of .* respond; their processes: none"):
        apply(world, bench, plan(world, NAME))
    assert "imaging" not in nodes(bench)

    alter(bench, broken=[])
    planned = plan(world, NAME)
    assert planned.warnings[0].startswith("no imaging worker runs on this host")
    assert "applied" == apply(world, bench, planned).state
    assert "imaging" in nodes(bench)


@pytest.mark.both_databases
def test_task_that_arrives_after_the_plan_stops_the_restart(world: World, bench: Bench) -> None:
    """The queue is proved empty again immediately before the restart; nothing is changed."""
    planned = plan(world, NAME)
    alter(bench, waiting={"imaging": 1})

    with pytest.raises(StalePlan, match="1 task waiting in the queue"):
        apply(world, bench, planned)

    assert 2319 == nodes(bench)["imaging"]
    assert "not-applied" == bench.journal.runs()[-1].state


def test_missing_settings_are_refused(world: World, bench: Bench) -> None:
    """Without a host or a broker, the refusal names the setting."""
    assert is_practice(world.targets())
    world.host.prefix = ()

    check_refuses(world, bench, NAME, Refused, "RUNBOOK_HOST_EXEC is not set")
