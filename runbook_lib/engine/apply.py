"""Apply a plan, verify it, undo it; the only code that writes.

The order of an apply, each point told to `watch` and each intention to the journal before it happens:

1. the intent is journaled;
2. on each database a transaction opens, the rows are locked in one fixed order and compared with the plan, and the
   outside targets are read and compared: a difference is a `StalePlan`, with nothing changed;
3. all rows are written and every constraint, the deferred ones too, is made to speak; still nothing is committed;
4. in the plan's order, calls are made and databases are committed, each announced in the journal first;
5. everything is read back on fresh connections, and the outcome is journaled with the receipt.

A failure before the first commit or call rolls everything back. Later ones raise `PartlyApplied` with the receipt.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from runbook_lib import params
from runbook_lib.engine.execution import Execution, Watch, write
from runbook_lib.engine.readback import holds
from runbook_lib.errors import NothingChanged, NotVerified, Refused, VerifyFailed
from runbook_lib.model import DATABASES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.journal import Journal
    from runbook_lib.model.plan import Outcome, Plan
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.model.protocols import Systems


def make_plan(procedure: Procedure, world: Systems, values: Mapping[str, Any]) -> Plan:
    """Return what `procedure` would do with these typed parameters, rehearsed. Writes nothing.

    Raises:
        NothingChanged: Any of its kinds; what the parameters ask for can't or must not be done.
        Defect: The procedure did what a plan must not do, or something that nobody foresaw.
    """
    with procedure.defects_named(), world.reading():
        plan = procedure.plan(world, procedure.bind(values))
        created = world.now()
    shown = {name: params.as_json(value) for name, value in values.items()}
    plan = dataclasses.replace(
        plan,
        procedure=procedure.name,
        params=shown,
        targets=world.targets(),
        created=created.isoformat(),
    )
    rehearse(world, plan)
    return plan


def rehearse(world: Systems, plan: Plan) -> None:
    """Write the plan's rows in transactions that are rolled back, so that a constraint speaks now. Changes nothing.

    Raises:
        StalePlan: A row is no longer as planned.
        Refused: A constraint, a missing right or a lock stands in the way.
    """
    for database in DATABASES:
        if plan.rows(database) or plan.expected(database):
            with world.rows(database).transaction() as transaction:
                transaction.lock((*plan.expected(database), *plan.rows(database)))
                write(transaction, plan.rows(database))


def apply(  # noqa: PLR0913 - all by name but the first two; each is a fact of the record
    world: Systems,
    plan: Plan,
    *,
    journal: Journal,
    reason: str,
    operator: str,
    find: Callable[[str], Procedure],
    watch: Watch = lambda _: None,
) -> Outcome:
    """Make the plan's changes, read them back, and return the outcome with its receipt.

    Args:
        world: The systems the plan was made on.
        plan: Exactly what will be done.
        journal: Where intent, steps and outcome are recorded.
        reason: Why, in the operator's words.
        operator: Who, ``user@host``.
        find: Returns the procedure of a name, which plans again under the locks.
        watch: Called with a few words at each point of the way.

    Raises:
        NothingChanged: Before anything was done; e.g. `StalePlan` naming the row that moved.
        PartlyApplied: Something was done, then something failed; the receipt holds what was done.
        OutcomeUnknown: The first commit or call was interrupted, and its outcome is unknown.
        VerifyFailed: All was done, and reads back differently.
        NotVerified: All was done, and a system did not respond when it was to be read back.
    """
    if dict(plan.targets) != dict(world.targets()):
        raise Refused(
            what=f"this plan was made on {_words(plan.targets)}, and this is {_words(world.targets())}",
            next_step="set the RUNBOOK_ variables as they were when it was made, or plan again here",
        )
    time = world.now().isoformat(timespec="seconds")
    with journal.begin(plan, reason=reason, operator=operator, time=time) as run_id:
        execution = Execution(world, plan, run_id=run_id, journal=journal, watch=watch, find=find)
        execution.carry_out()
        return _verified(execution)


def _verified(execution: Execution) -> Outcome:
    """Read everything back on fresh connections and journal the outcome."""
    if not execution.plan.changes:
        return execution.record("nothing-to-do", verified=True)
    for database in DATABASES:
        if execution.plan.rows(database):
            execution.world.rows(database).reconnect()
    try:
        mismatches = [change.describe() for change in execution.done if not holds(execution.world, change)]
    except NothingChanged as error:  # a system went away; all changes were made
        execution.record("not-verified", verified=False)
        raise NotVerified(run_id=execution.run_id, cause=error.what) from error
    except Exception:  # a defect of ours; all changes were made
        execution.record("not-verified", verified=False)
        raise
    if mismatches:
        execution.record("verify-failed", verified=False)
        raise VerifyFailed(run_id=execution.run_id, mismatches=mismatches)
    execution.watch("read back as planned")
    return execution.record("applied", verified=True)


def _words(targets: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {where}" for name, where in targets.items()) or "nothing"
