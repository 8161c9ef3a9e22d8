"""A run that was interrupted during a call to a host: without proof, it is never reported as unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import PartlyApplied
from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.model.plan import Plan
from runbook_lib.systems.host import calls
from tests.checks import apply, interrupted, plan, settle

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases


def interrupted_run(world: World, bench: Bench, planned: Plan) -> None:
    """Leave the journal as a crash in the middle of the first call does."""
    interrupted(world, bench, planned, steps=1)


def settled_run(world: World, bench: Bench) -> str:
    """Settle, and return the outcome of the run."""
    ((_, state),) = settle(world, bench)
    return state


def test_announced_command_has_an_unknown_outcome(world: World, bench: Bench) -> None:
    """Nothing shows whether it ran: the outcome is not 'nothing was changed'."""
    call = calls.run(["id", "-un"])
    interrupted_run(world, bench, Plan(procedure="x", changes=(call,), targets=world.targets()))

    assert "unknown" == settled_run(world, bench)


@pytest.mark.parametrize(("running", "state"), [("all", "unknown"), ("none", "verify-failed"), ("new", "applied")])
def test_restart_is_settled_by_the_running_processes(world: World, bench: Bench, running: str, state: str) -> None:
    """Old processes: a signal might be on its way. None: the restart had begun. New ones that respond: it was done."""
    interrupted_run(world, bench, plan(world, "restart_imaging_workers"))
    with state_file.changed(bench.practice / celery_state.FILE) as celery:
        if running != "all":
            celery["nodes"] = [node for node in celery["nodes"] if node["name"] != "imaging"]
        if running == "new":
            celery_state.spawn(celery, "imaging")

    assert state == settled_run(world, bench)


def test_interruption_between_stop_and_start_is_reported(world: World, bench: Bench) -> None:
    """Ctrl-C after the workers received the signal to finish: something was changed."""

    def interrupt(line: str) -> None:
        if "ended after" in line:
            raise KeyboardInterrupt

    world.progress = interrupt

    with pytest.raises(PartlyApplied, match="was interrupted: workers might have ended without a replacement"):
        apply(world, bench, plan(world, "restart_imaging_workers"))
