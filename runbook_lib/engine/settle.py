"""Resolve interrupted runs: find out what became of their steps, and journal it. Changes no system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.engine.readback import Effect, effect, holds
from runbook_lib.errors import NothingChanged, Refused
from runbook_lib.model import Call, changes_as_json, changes_from_json
from runbook_lib.model.plan import Outcome
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.journal import Journal, Run
    from runbook_lib.model import Change
    from runbook_lib.model.protocols import Systems


@dataclass(frozen=True)
class Settled:
    """What became of the interrupted runs.

    Attributes:
        outcomes: The runs whose outcome is journaled now; of one that stays unknown, its state is ``unknown``.
        left: Run id → why it was left as it is.
    """

    outcomes: tuple[Outcome, ...]
    left: Mapping[str, NothingChanged]


def settle(world: Systems, journal: Journal) -> Settled:
    """Find out what became of every run that was interrupted or not verified, and journal it.

    Every announced step but the last one was done, for the next is announced only afterwards. The last one is looked
    up: a database reports whether it committed; of a call, only the presence of its effect proves anything. A run that
    still goes on, was made on other systems, or whose systems do not respond is left, and the others are resolved.
    """
    outcomes: list[Outcome] = []
    left: dict[str, NothingChanged] = {}
    for run in journal.runs():
        if not run.is_open:
            continue
        try:
            outcomes.append(_settled(world, journal, run))
        except NothingChanged as error:
            left[run.run_id] = error
    return Settled(tuple(outcomes), left)


def _settled(world: Systems, journal: Journal, run: Run) -> Outcome:
    if dict(run.plan.targets) != dict(world.targets()):
        raise Refused(
            what=f"run {run.run_id} was made on {dict(run.plan.targets)}, and this is {dict(world.targets())}",
            next_step=f"set the RUNBOOK_ variables as they were for that run, and run '{commands.SETTLE}' again",
        )
    with journal.hold(run.run_id):
        done, last = _done(world, run)
        state = _state(world, run, done, last)
        if state != run.state or run.outcome is None:
            receipt, time = changes_as_json(done), world.now().isoformat()
            journal.append("outcome", run.run_id, state=state, receipt=receipt, time=time, settled=True)
        return Outcome(run_id=run.run_id, plan=run.plan, state=state, receipt=done)


def _done(world: Systems, run: Run) -> tuple[tuple[Change, ...], Effect]:
    """Return the changes that were certainly made, and the effect of the last announced step."""
    if not run.is_unknown:
        return run.receipt, Effect.YES
    steps = [changes_from_json(step["changes"]) for step in run.steps]
    if not steps:
        return (), Effect.NO
    last = _effect_of_step(world, steps[-1], witness=run.steps[-1].get("witness", ""))
    if last is not Effect.YES:
        steps.pop()
    return tuple(change for step in steps for change in step), last


def _effect_of_step(world: Systems, step: tuple[Change, ...], *, witness: str) -> Effect:
    """Return whether an announced step did anything."""
    calls = [change for change in step if isinstance(change, Call)]
    if any(call.leaves_no_trace for call in calls):
        return Effect.UNKNOWN
    if any(call.in_steps and world.outside(call.system).current(call) != call.before for call in calls):
        return Effect.YES  # done, or done in part: verifying shows which
    return effect(world, step, witness=witness)


def _state(world: Systems, run: Run, done: tuple[Change, ...], last: Effect) -> str:
    if not done:
        if last is Effect.UNKNOWN:
            return "unknown"
        return "not-applied" if run.plan.changes else "nothing-to-do"
    if last is Effect.UNKNOWN or len(changes_as_json(done)) < len(changes_as_json(run.plan.changes)):
        return "partly-applied"
    return "applied" if all(holds(world, change) for change in done) else "verify-failed"
