"""One apply under a fault, and the check that all its reports are true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import RunbookError
from runbook_lib.model import DATABASES, changes_as_json
from tests.checks import apply, settle, undo_plan
from tests.engine.crashes import Fate, Killed, record_truth

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def check(world: World, bench: Bench, planned: Plan, fault: AbstractContextManager[object], *, fate: Fate) -> str:
    """Apply a plan under a fault. Check that the error, the journal and the settling say what was really done.

    Everything that was done is undone. Return what happened, in a few words.
    """
    runs = {run.run_id for run in bench.journal.runs()}
    error: BaseException | None = None
    try:
        with fault, fate.decides(world):
            apply(world, bench, planned, watch=fate.reach)
    except (RunbookError, Killed) as raised:
        error = raised
    for database in DATABASES:
        world.rows(database).reconnect()
    changed = getattr(error, "changed", None) if error else bool(fate.done)
    assert changed is None or changed is bool(fate.done), f"changed is {changed}, and this was done: {fate.done}"
    if fate.done:
        assert "Nothing was changed" not in str(error)
    settle(world, bench)
    new = [run for run in bench.journal.runs() if run.run_id not in runs]
    assert len(new) == 1 or not fate.done, "something was done without an intent"
    outcome = new[0].state if new else "no run"
    for run in new:
        record_truth(world, bench, run, fate.done)
        run = bench.journal.run(run.run_id)  # noqa: PLW2901 - as it is resolved now
        assert changes_as_json(run.receipt) == changes_as_json(fate.done), run.state
        if run.receipt:
            assert "applied" == apply(world, bench, undo_plan(world, bench, run.run_id)).state
    assert () == bench.journal.check().problems
    return f"{type(error).__name__ if error else 'applied'}, then {outcome}"
