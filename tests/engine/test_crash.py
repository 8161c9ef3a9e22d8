"""kill -9 at every point of an apply: the journal explains the state, undo restores it, a second run completes it."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.cli import main
from runbook_lib.engine.readback import is_applied
from runbook_lib.errors import CannotUndo
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.journal.saved_plans import SavedPlans
from tests.checks import apply, everything, plan, settle, undo_plan
from tests.engine import killed_process as victim

if TYPE_CHECKING:
    from runbook_lib.journal import Run
    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

RUNS = {
    "grant_staff": {"username": "noprefs"},
    "move_image_version": {
        "provider_id": 4,
        "image_id": GUIDE_IMAGE,
        "application_id": 1144,
        "version_name": "1.2",
    },
    "publicize_image": {"application_id": 1201},
}
INTENT, LOCKED, WRITTEN = 0, 1, 2  # the first three points of every apply


def _saved(world: World, bench: Bench, name: str) -> Plan:
    planned = plan(world, name, **RUNS[name])
    SavedPlans(bench.home).save(planned)
    return planned


def _kill_at_point(world: World, bench: Bench, name: str, *, at: int) -> Run:
    """Let another process be killed at one point of this procedure's apply; return the run it leaves."""
    process = victim.start(bench.home, _saved(world, bench, name).plan_id, at=at)
    process.join(60)
    assert -signal.SIGKILL == process.exitcode
    process.close()
    return bench.journal.runs()[-1]


def _points_of_apply(world: World, bench: Bench, name: str) -> list[str]:
    """Return every point that an apply of this procedure reports, and undo it."""
    points: list[str] = []
    outcome = apply(world, bench, plan(world, name, **RUNS[name]), watch=points.append)
    apply(world, bench, undo_plan(world, bench, outcome.run_id))
    return points


@pytest.mark.parametrize("name", RUNS)
def test_run_killed_at_any_point_is_explained_completed_and_undone(world: World, bench: Bench, name: str) -> None:
    """The changes made are exactly the first ones announced; settling says so, and nothing else differs."""
    before = everything(bench)
    points = _points_of_apply(world, bench, name)
    for at, point in enumerate(points):
        run = _kill_at_point(world, bench, name, at=at)
        done = sum(reached.startswith("done: ") for reached in points[: at + 1])

        _check_settled(world, bench, run, point=point)

        settled = bench.journal.run(run.run_id)
        _check_state(world, settled, done, uncertain=point.startswith("about to: call"))
        if not settled.receipt:
            assert before == everything(bench), point
        _complete_and_undo(world, bench, name, run.run_id)
        assert before == everything(bench), point
    assert () == bench.journal.check().problems


def _check_settled(world: World, bench: Bench, run: Run, *, point: str) -> None:
    """Check that the run is open until it is settled, unless it was interrupted after its outcome."""
    if point.startswith("outcome journaled"):
        assert not run.is_unknown
        assert run.run_id not in dict(settle(world, bench))
        return
    assert run.is_unknown, point
    with pytest.raises(CannotUndo, match="it was interrupted, and its changes are unknown"):
        undo_plan(world, bench, run.run_id)
    assert run.run_id in dict(settle(world, bench))
    stays_open = run.run_id in dict(settle(world, bench))
    assert point.startswith("about to: call") is stays_open is bench.journal.run(run.run_id).is_open


def _check_state(world: World, run: Run, done: int, *, uncertain: bool) -> None:
    """Check the outcome of a run of which this many commits and calls were made, and compare the world with it.

    Of a call that was announced and shows no effect, it is uncertain whether it was sent.
    """
    stages = len(list(run.plan.stages()))
    nothing = "unknown" if uncertain else "not-applied"
    state = nothing if not done else "applied" if done == stages else "partly-applied"
    assert state == run.state
    for number, change in enumerate(run.plan.changes):
        made = number < len(run.receipt)
        expected = run.receipt[number] if made else change
        assert made is is_applied(world, expected)


def _complete_and_undo(world: World, bench: Bench, name: str, run_id: str) -> None:
    """Run the procedure again, which makes the missing changes, and undo both runs, the later one first."""
    rest = apply(world, bench, plan(world, name, **RUNS[name]))
    assert plan(world, name, **RUNS[name]).because
    for name_of_run in (rest.run_id, run_id):
        if bench.journal.run(name_of_run).receipt:
            apply(world, bench, undo_plan(world, bench, name_of_run))


def test_command_settles_and_lists_interrupted_runs(
    world: World, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """``history`` shows the run as interrupted, ``history --settle`` what it did, and then ``undo`` works."""
    before = everything(bench)
    run = _kill_at_point(world, bench, "publicize_image", at=WRITTEN + 2)  # after the first call

    assert 0 == main.main(["history"])
    assert (
        "Interrupted. It is unknown whether anything was changed. To resolve: runbook history --settle"
        in capsys.readouterr().out
    )
    assert 3 == main.main(["undo", run.run_id, "--reason", "test", "--yes"])
    assert "runbook history --settle" in capsys.readouterr().err
    assert 0 == main.main(["history", "--settle"])
    assert f"Run {run.run_id}: Applied only in part." in capsys.readouterr().out
    assert 0 == main.main(["history", "--settle", "--json"])
    assert [] == json.loads(capsys.readouterr().out)
    assert 0 == main.main(["undo", run.run_id, "--reason", "test", "--yes", "--json"])
    assert "applied" == json.loads(capsys.readouterr().out)["state"]
    world.__enter__()  # the commands above closed this world's connections
    assert before == everything(bench)


def test_running_run_is_not_settled(world: World, bench: Bench) -> None:
    """A stopped process is alive and keeps its run; after it is killed, the run can be settled."""
    process = victim.start(
        bench.home, _saved(world, bench, "publicize_image").plan_id, at=WRITTEN + 2, by=signal.SIGSTOP
    )
    victim.wait_until_stopped(process)
    [run] = bench.journal.runs()

    assert f"run {run.run_id} is still running" == engine.settle(world, bench.journal).unresolved[run.run_id].what
    with pytest.raises(CannotUndo, match="interrupted"):
        undo_plan(world, bench, run.run_id)
    assert bench.journal.run(run.run_id).is_unknown

    process.kill()
    process.join(60)
    process.close()
    assert [(run.run_id, "partly-applied")] == settle(world, bench)


def test_locks_of_a_killed_run_are_released_at_once(world: World, bench: Bench) -> None:
    """The next plan waits for no lock: neither a file's nor a session's is left behind."""
    _kill_at_point(world, bench, "grant_staff", at=WRITTEN)

    began = time.monotonic()
    planned = plan(world, "grant_staff", **RUNS["grant_staff"])

    assert planned.changes
    assert time.monotonic() - began < 3
