"""All workers are restarted when imaging is proved empty; other running tasks are named and waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import CannotUndo, PartlyApplied, Refused
from runbook_lib.fixture.stand_ins import celery_state, state_file
from tests.checks import apply, check_refuses, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "restart_celery_workers"


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
        ({"waiting": {"imaging": 1}}, "imaging: 1 task waiting in the queue"),
        ({"unacked": {"imaging": ["t9"]}}, "not reported by a worker (t9)"),
        ({"mute": ["imaging"]}, "imaging: no worker consumes it"),
        ({"mute": [name for name, _, _ in celery_state.LAYOUT]}, "imaging: no worker responds"),
        ({"service": "none"}, "has no service celeryd"),
        ({"service": "systemd", "waiting": {"default": 1}}, "default: 1 task waiting in the queue"),
    ],
)
def test_restart_that_could_lose_a_task_is_refused(world: World, bench: Bench, held: dict[str, Any], text: str) -> None:
    """A task of imaging blocks it; with systemd, which kills, a task of any queue does."""
    alter(bench, **held)

    check_refuses(world, bench, NAME, Refused, text)


@pytest.mark.both_databases
def test_every_worker_is_new_after_the_restart(world: World, bench: Bench) -> None:
    """The init script waits for tasks of other queues, so the plan names them and is not refused."""
    alter(bench, waiting={"email": 3})
    before = nodes(bench)
    planned = plan(world, NAME)
    assert "runs to its end: email: 3 tasks waiting in the queue" in planned.warnings

    outcome = apply(world, bench, planned)

    assert "applied" == outcome.state
    assert set(before) == {name for name, pid in nodes(bench).items() if pid != before[name]}
    with pytest.raises(CannotUndo):
        undo_plan(world, bench, outcome.run_id)


@pytest.mark.both_databases
def test_worker_that_does_not_return_is_reported(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but one are back: something was changed, and the error names the workers that respond."""
    monkeypatch.setattr(world.workers, "_return_seconds", 0.1)
    alter(bench, broken=["email"])

    with pytest.raises(
        PartlyApplied, match=r"not all workers of .* respond; their processes: atmosphere-deploy_1@atmo-prod pid"
    ):
        apply(world, bench, plan(world, NAME))

    assert "email" not in nodes(bench)


@pytest.mark.both_databases
def test_workers_are_only_started_if_none_runs(world: World, bench: Bench) -> None:
    """After a crash there is nothing to stop, and no task to lose."""
    alter(bench, nodes=[])

    planned = plan(world, NAME)

    assert "no worker runs on this host, so there is none to stop" in planned.warnings
    assert "applied" == apply(world, bench, planned).state
    assert {name for name, _, _ in celery_state.LAYOUT} == set(nodes(bench))
