"""Plan the undo of a run: read the journal and the systems, write nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib.engine import targets
from runbook_lib.engine.apply import rehearse
from runbook_lib.errors import CannotUndo
from runbook_lib.model import Call, Change, RowUpdate, row_name
from runbook_lib.model.plan import Plan
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.journal import Journal, Run
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.model.protocols import Systems


def plan_undo(world: Systems, journal: Journal, run_id: str, *, find: Callable[[str], Procedure]) -> Plan:
    """Return the rehearsed plan that undoes a run: the inverse of its receipt, in reverse order. Write nothing.

    The plan's warnings name the irreversible changes. If all changes are irreversible, the undo is refused.

    Args:
        world: The systems that the run changed.
        journal: The record of the run.
        run_id: The run.
        find: Returns the procedure with a name. Its rules apply to the undo too.

    Raises:
        TargetNotFound: The journal has no such run.
        CannotUndo: The run changed nothing, was already undone, was interrupted, or is irreversible.
        StalePlan: Something that the run changed was changed again since.
        Refused: The undo breaks a rule of the procedure, such as keeping the last superuser.
    """
    run = journal.run(run_id)
    _check_undoable(run, journal)
    inverses = [(change, change.inverse()) for change in reversed(run.receipt)]
    changes = tuple(inverse for _, inverse in inverses if inverse is not None)
    lost = [_loss(change) for change in run.receipt if not change.reversible]
    if run.unknown_step:
        lost.append(f"the outcome of this step is unknown, and it is not undone: {run.unknown_step}")
    if not changes:
        raise CannotUndo(
            run_id=run_id, reasons=lost, next_step=f"list its changes with '{commands.HISTORY}', and fix them by hand"
        )
    if other := targets.difference(world, run.plan):
        reason = f"it was applied to {other.planned}, but the configured systems are {other.configured}"
        raise CannotUndo(
            run_id=run_id,
            reasons=[reason, other.why] if other.why else [reason],
            next_step="set the RUNBOOK_ variables as they were for that run, and undo again",
        )
    plan = Plan(
        procedure=run.plan.procedure,
        params={"run_id": run_id},
        changes=changes,
        warnings=tuple(lost),
        created=world.now().isoformat(),
        undoes=run_id,
    )
    with world.reading():
        plan = dataclasses.replace(plan, expects=find(run.plan.procedure).undo_expects(plan, world.now()))
    plan = dataclasses.replace(plan, targets=world.targets(targets.touched(plan)))
    rehearse(world, plan)
    return plan


def _check_undoable(run: Run, journal: Journal) -> None:
    reason, next_step = "", f"'{commands.HISTORY}' lists the changes of every run"
    if run.is_unknown:
        reason = "it was interrupted, and its changes are unknown"
        next_step = f"resolve the run with '{commands.SETTLE}', then undo it"
    elif not run.is_intact:
        reason = "its journal records were altered after they were written, so its changes are unknown"
        next_step = f"run '{commands.CHECK_JOURNAL}', compare the journal with a backup, and fix the data by hand"
    elif not run.receipt:
        reason = f"it changed nothing (its state is {run.state})"
    elif undo := journal.undone_by(run.run_id):
        reason = f"it was already undone, by run {undo}"
        next_step = f"to make its changes again, run the procedure again, or undo the undo: {commands.undo(undo)}"
    if reason:
        raise CannotUndo(run_id=run.run_id, reasons=[reason], next_step=next_step)


def _loss(change: Change) -> str:
    """Return the sentence for what an undo does not restore."""
    if isinstance(change, Call):
        return f"{change.system} {change.target}: {change.action} is irreversible"
    lost = ", ".join(change.lost) if isinstance(change, RowUpdate) else "the row"
    return f"{change.database} {row_name(change)}: {lost} stays as it is now; the old value was not saved"
