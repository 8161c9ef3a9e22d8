"""Resolve interrupted runs: read what became of their steps, and journal it. Changes no system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.engine.readback import holds, took_effect
from runbook_lib.errors import Refused
from runbook_lib.model import Call, Change, changes_as_json, changes_from_json
from runbook_lib.model.plan import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.journal import Journal, Run
    from runbook_lib.model.protocols import Systems


def settle(world: Systems, journal: Journal) -> list[Outcome]:
    """Find out what became of every run that was cut off, and journal it. Changes no system.

    Every announced step but the last one was done, for the next is announced only afterwards; the last one is looked
    up in the world. What can't be looked up, or was done in part, counts as done: that nothing was changed is never
    promised without having seen it.

    Raises:
        Refused: A run is still going on, or was made on other systems than these.
    """
    return [_settled(world, journal, run) for run in journal.runs() if run.unsettled]


def _was_begun(world: Systems, step: Sequence[Change]) -> bool:
    """Tell whether an announced step did anything, as far as can be seen."""
    calls = [change for change in step if isinstance(change, Call) and change.in_steps]
    return any(
        call.leaves_no_trace or world.outside(call.system).current(call) != call.before for call in calls
    ) or took_effect(world, step)


def _settled(world: Systems, journal: Journal, run: Run) -> Outcome:
    if dict(run.plan.targets) != dict(world.targets()):
        raise Refused(
            what=f"run {run.run_id} was made on {dict(run.plan.targets)}, and this is {dict(world.targets())}",
            next_step="set the RUNBOOK_ variables as they were for that run, and settle again",
        )
    with journal.hold(run.run_id):
        steps = [changes_from_json(step["changes"]) for step in run.steps]
        if steps and not _was_begun(world, steps[-1]):
            steps.pop()
        done = tuple(change for step in steps for change in step)
        if not done:
            state = "not-applied" if run.plan.changes else "nothing-to-do"
        elif len(changes_as_json(done)) < len(changes_as_json(run.plan.changes)):
            state = "partly-applied"
        else:
            state = "applied" if all(holds(world, change) for change in done) else "verify-failed"
        receipt = changes_as_json(done)
        time = world.now().isoformat()
        journal.append("outcome", run.run_id, state=state, receipt=receipt, time=time, settled=True)
        return Outcome(run_id=run.run_id, plan=run.plan, state=state, receipt=done)
