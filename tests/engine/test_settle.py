"""A run that was interrupted during a call: without proof, it is never reported as unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from runbook_lib import engine, render
from runbook_lib.errors import CallUnsettled, OutcomeUnknown, PartlyApplied
from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.model import Call, changes_as_json
from runbook_lib.model.plan import Plan
from runbook_lib.systems.host import calls
from runbook_lib.systems.openstack.glance import Glance
from tests.checks import WHO, apply, interrupted, plan, settle, undo_plan

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


def test_partly_applied_run_keeps_an_unknown_last_step_open(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call was made, the second is unknown: error, state, JSON and undo say so, until settling proves it."""
    planned = plan(world, "publicize_image", application_id=1201)
    second = planned.changes[1]
    perform = Glance.perform

    def lose_the_second(glance: Glance, call: Call) -> None:
        if call == second:
            raise CallUnsettled("no response")
        perform(glance, call)

    with monkeypatch.context() as context:
        context.setattr(Glance, "perform", lose_the_second)
        with pytest.raises(OutcomeUnknown) as caught:
            apply(world, bench, planned)
    error, run = caught.value.as_json(), bench.journal.runs()[-1]

    assert (8, True) == (caught.value.exit_code, error["changed"])
    assert "Something WAS changed, and the outcome of the last step is unknown." in str(caught.value)
    assert (second.describe(), changes_as_json(planned.changes[:1])) == (error["unknown_step"], error["receipt"])
    assert ("unknown", True, second.describe()) == (run.state, run.changed, run.unknown_step)

    for _ in range(2):
        (outcome,) = engine.settle(world, bench.journal).outcomes
        assert ("partly-applied", second.describe()) == (outcome.state, outcome.as_json()["unknown_step"])
    run = bench.journal.run(run.run_id)
    assert run.is_open
    assert f"unknown, and it is not undone: {second.describe()}" in "".join(
        undo_plan(world, bench, run.run_id).warnings
    )
    assert f"unknown: {second.describe()}" in render.run_text(run)

    assert isinstance(second, Call)
    perform(world.glance(second.system.provider), second)  # it arrived late
    (outcome,) = engine.settle(world, bench.journal).outcomes

    assert ("partly-applied", "") == (outcome.state, outcome.unknown_step)
    assert (planned.changes[:2], False) == (outcome.receipt, bench.journal.run(run.run_id).is_open)
    assert () == bench.journal.check().problems


@pytest.mark.parametrize(("result", "count"), [("done", 2), ("not-done", 1)])
def test_finding_closes_a_partly_applied_run(
    world: World, bench: Bench, result: Literal["done", "not-done"], count: int
) -> None:
    """An operator checked the object of the unknown step; the journal's check accepts the second outcome."""
    planned = plan(world, "publicize_image", application_id=1201)
    world.glance(planned.changes[0].system.provider).perform(planned.changes[0])  # type: ignore[union-attr,arg-type]
    with bench.journal.begin(planned, **WHO, time=world.now().isoformat()) as run_id:
        for change in planned.changes[:2]:
            bench.journal.append("step", run_id, about=change.describe(), changes=changes_as_json([change]))
    engine.settle(world, bench.journal)

    engine.record_finding(
        world, bench.journal, bench.journal.run(run_id), engine.HandCheck(result, "checked", "tester@host")
    )

    run = bench.journal.run(run_id)
    assert ("partly-applied", count, False, "") == (run.state, len(run.receipt), run.is_open, run.unknown_step)
    assert () == bench.journal.check().problems
