"""Plan the undo of a run; reads the journal and the systems, writes nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

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
    """Return the plan that takes a run back: the inverse of its receipt, in reverse order, rehearsed. Writes nothing.

    What can't be brought back is named in the plan's warnings; if that is all there is, the undo is refused.

    Args:
        world: The systems the run was made on.
        journal: Where the run is recorded.
        run_id: The run.
        find: Returns the procedure of a name, whose rules hold for its undo too.

    Raises:
        TargetNotFound: No such run.
        CannotUndo: It changed nothing, was taken back already, was cut off, or nothing of it can be brought back.
        StalePlan: What it changed was changed again since.
        Refused: A rule of the procedure that holds for its undo too, such as keeping the last superuser.
    """
    run = journal.run(run_id)
    _check_undoable(run, journal)
    inverses = [(change, change.inverse()) for change in reversed(run.receipt)]
    changes = tuple(inverse for _, inverse in inverses if inverse is not None)
    lost = [_loss(change) for change in run.receipt if not change.reversible]
    if not changes:
        raise CannotUndo(
            run_id=run_id, reasons=lost, next_step=f"read the run with '{commands.HISTORY}' and mend by hand"
        )
    plan = Plan(
        procedure=run.plan.procedure,
        params={"run_id": run_id},
        changes=changes,
        warnings=tuple(lost),
        targets=world.targets(),
        created=world.now().isoformat(),
        undoes=run_id,
    )
    if dict(run.plan.targets) != dict(world.targets()):
        raise CannotUndo(
            run_id=run_id,
            reasons=[f"it was made on {run.plan.targets}, and this is {world.targets()}"],
            next_step="set the RUNBOOK_ variables as they were for that run",
        )
    with world.reading():
        plan = dataclasses.replace(plan, expects=find(run.plan.procedure).undo_expects(plan))
    rehearse(world, plan)
    return plan


def _check_undoable(run: Run, journal: Journal) -> None:
    reason, next_step = "", f"'{commands.HISTORY}' lists what every run did"
    if run.is_unknown:
        reason = "it was interrupted, and what it changed is unknown"
        next_step = f"find out with '{commands.SETTLE}', then undo"
    elif not run.intact:
        reason = "its records in the journal were altered after they were written, so what it did is not known"
        next_step = f"compare the journal with a backup ('{commands.CHECK_JOURNAL}'), and mend by hand what is wrong"
    elif not run.receipt:
        reason = f"it changed nothing (its state is {run.state})"
    else:
        undone = [r.run_id for r in journal.runs() if r.plan.undoes == run.run_id and r.state == "applied"]
        if undone and not _undone_again(undone[-1], journal):
            reason = f"it was taken back already, by run {undone[-1]}"
            next_step = f"to do it again, run the procedure again, or undo {undone[-1]}"
    if reason:
        raise CannotUndo(run_id=run.run_id, reasons=[reason], next_step=next_step)


def _undone_again(run_id: str, journal: Journal) -> bool:
    """Tell whether an undo was itself taken back, which brings the first run back into force."""
    later = [r.run_id for r in journal.runs() if r.plan.undoes == run_id and r.state == "applied"]
    return bool(later) and not _undone_again(later[-1], journal)


def _loss(change: Change) -> str:
    """Return the sentence for what an undo leaves as it is."""
    if isinstance(change, Call):
        return f"{change.system} {change.target}: {change.action} can't be taken back"
    columns = f" {', '.join(change.lost)}" if isinstance(change, RowUpdate) else ""
    return f"{change.database} {row_name(change)}:{columns} stays as it is now: the old value was not kept"
