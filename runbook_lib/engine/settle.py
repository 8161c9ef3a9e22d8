"""Resolve interrupted runs: determine the effect of their steps and journal it. Change no system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.engine import targets
from runbook_lib.engine.readback import Effect, is_applied, read_effect
from runbook_lib.errors import NothingChanged, Refused
from runbook_lib.model import DATABASES, Call, changes_as_json, changes_from_json
from runbook_lib.model.plan import Outcome
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.journal import Journal, Run
    from runbook_lib.model import Change
    from runbook_lib.model.protocols import Systems


@dataclass(frozen=True)
class Settled:
    """The result of resolving the interrupted runs.

    Attributes:
        outcomes: The outcomes that were determined; the state of one that stays unknown is ``unknown``.
        unresolved: Run ID → the reason why the run was not resolved.
    """

    outcomes: tuple[Outcome, ...]
    unresolved: Mapping[str, NothingChanged]


def settle(world: Systems, journal: Journal) -> Settled:
    """Determine the outcome of each run that was interrupted or not verified, and journal it.

    Every announced step except the last was done, because a step is announced only after the previous one. The effect
    of the last step is read: a database reports whether it committed, and the presence of a call's effect proves the
    call. A run stays unresolved if it is still running, was applied to other systems, or its systems do not respond.
    """
    outcomes: list[Outcome] = []
    unresolved: dict[str, NothingChanged] = {}
    for run in journal.runs():
        if not run.is_open:
            continue
        try:
            outcomes.append(_resolve(world, journal, run))
        except NothingChanged as error:
            unresolved[run.run_id] = error
    return Settled(tuple(outcomes), unresolved)


@dataclass(frozen=True)
class HandCheck:
    """What an operator found about the last step of a run by checking its object.

    Attributes:
        result: Whether the step was done.
        reason: What the operator checked.
        operator: The operator, ``user@host``.
    """

    result: Literal["done", "not-done"]
    reason: str
    operator: str


def record_finding(world: Systems, journal: Journal, run: Run, finding: HandCheck) -> Outcome:
    """Close a run whose last step leaves no proof, by what an operator found. Changes no system.

    Raises:
        Refused: The outcome is known, or the systems themselves show it; or as for `settle`.
        NotConnected: A system did not respond.
    """
    if not run.has_uncertain_step:
        raise Refused(
            what=f"the outcome of run {run.run_id} is known: {run.state}",
            why="only a run with a step whose outcome is unknown can be resolved by hand",
            next_step=f"list the run: {commands.history(run.run_id)}",
        )
    _check_resolvable(world, run)
    with journal.lock(run.run_id):
        done, last = _effects(world, run)
        if last is not Effect.UNKNOWN:
            raise Refused(
                what=f"the outcome of the last step of run {run.run_id} can be read, so it is not recorded by hand",
                next_step=f"resolve the run: {commands.SETTLE}",
            )
        state = _state(world, run, done, Effect.NO)
        if finding.result == "done":
            read_back = all(is_applied(world, change) for change in done)
            done = (*done, *changes_from_json(run.steps[-1]["changes"]))
            is_complete = len(changes_as_json(done)) == len(changes_as_json(run.plan.changes))
            state = ("applied" if read_back else "verify-failed") if is_complete else "partly-applied"
        facts = {"found": finding.result, "reason": finding.reason, "operator": finding.operator}
        receipt, time = changes_as_json(done), world.now().isoformat()
        journal.append("outcome", run.run_id, state=state, receipt=receipt, time=time, settled=True, finding=facts)
    return Outcome(run_id=run.run_id, plan=run.plan, state=state, receipt=done, journal_head=str(journal.written or ""))


def _check_resolvable(world: Systems, run: Run) -> None:
    if other := targets.difference(world, run.plan):
        raise Refused(
            what=f"run {run.run_id} was applied to {other.planned}, but the configured systems are {other.configured}",
            why=other.why,
            next_step=f"set the RUNBOOK_ variables as they were for that run, and run '{commands.SETTLE}' again",
        )
    for database in DATABASES:
        if rows := run.plan.rows(database):
            world.rows(database).check_schema(rows)


def _resolve(world: Systems, journal: Journal, run: Run) -> Outcome:
    _check_resolvable(world, run)
    with journal.lock(run.run_id):
        done, last = _changes_made(world, run)
        state = _state(world, run, done, last)
        uncertain = last is Effect.UNKNOWN
        if state != run.state or run.outcome is None or uncertain is not run.has_uncertain_step:
            receipt, time = changes_as_json(done), world.now().isoformat()
            facts = {"time": time, "settled": True, "uncertain": uncertain}
            journal.append("outcome", run.run_id, state=state, receipt=receipt, **facts)
        return Outcome(
            run_id=run.run_id,
            plan=run.plan,
            state=state,
            receipt=done,
            unknown_step=str(run.steps[-1]["about"]) if uncertain else "",
            journal_head=str(journal.written or ""),
        )


def _changes_made(world: Systems, run: Run) -> tuple[tuple[Change, ...], Effect]:
    """Return the changes that were certainly made, and the effect of the last announced step."""
    return _effects(world, run) if run.is_unknown or run.has_uncertain_step else (run.receipt, Effect.YES)


def _effects(world: Systems, run: Run) -> tuple[tuple[Change, ...], Effect]:
    steps = [changes_from_json(step["changes"]) for step in run.steps]
    if not steps:
        return (), Effect.NO
    last = _effect_of_step(world, steps[-1], witness=run.steps[-1].get("witness", ""))
    if last is not Effect.YES:
        steps.pop()
    return tuple(change for step in steps for change in step), last


def _effect_of_step(world: Systems, step: tuple[Change, ...], *, witness: str) -> Effect:
    """Return whether an announced step took effect."""
    calls = [change for change in step if isinstance(change, Call)]
    if any(call.leaves_no_trace for call in calls):
        return Effect.UNKNOWN
    if any(call.in_steps and world.outside(call.system).current(call) != call.before for call in calls):
        return Effect.YES  # done, completely or partly; the verification shows which
    return read_effect(world, step, witness=witness)


def _state(world: Systems, run: Run, done: tuple[Change, ...], last: Effect) -> str:
    if not done:
        if last is Effect.UNKNOWN:
            return "unknown"
        return "not-applied" if run.plan.changes else "nothing-to-do"
    if last is Effect.UNKNOWN or len(changes_as_json(done)) < len(changes_as_json(run.plan.changes)):
        return "partly-applied"
    return "applied" if all(is_applied(world, change) for change in done) else "verify-failed"
