"""Make, apply and verify plans. This package holds the only code that writes to a system.

An apply has five steps. `watch` receives each point, and the journal records each intention before it happens:

1. The intent is journaled.
2. On each database, a transaction opens, and its rows are locked in a fixed order and compared with the plan. The
   targets of calls are read and compared too. A difference raises `StalePlan`, and nothing is changed.
3. All rows are written, and every constraint is checked, including deferred ones. Nothing is committed yet.
4. In the plan's order, calls are made and databases are committed. The journal announces each of them first.
5. Everything is read back on new connections, predictions are compared, and the outcome is journaled with the receipt.

A failure before the first commit or call rolls everything back. A later one raises `PartlyApplied` with the receipt.
"""

from __future__ import annotations

import dataclasses
import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runbook_lib import params
from runbook_lib.engine import targets
from runbook_lib.engine.execution import Execution, Watch, write_rows
from runbook_lib.engine.readback import is_applied
from runbook_lib.errors import NothingChanged, NotVerified, VerifyFailed
from runbook_lib.model import DATABASES, RowInsert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runbook_lib.engine.policy import Policy
    from runbook_lib.journal import Journal
    from runbook_lib.model import RowChange
    from runbook_lib.model.plan import Outcome, Plan
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.model.protocols import Systems

_MAX_KEY = 2**31 - 1  # of PostgreSQL's integer


def make_plan(procedure: Procedure, world: Systems, values: Mapping[str, Any]) -> Plan:
    """Return the rehearsed plan of `procedure` for these typed parameters. Write nothing.

    Raises:
        NothingChanged: The change is impossible or not allowed; the subclass gives the reason.
        Defect: The procedure broke a rule of plans, or raised an unforeseen exception.
    """
    with procedure.defects_named(), world.reading():
        plan = procedure.plan(world, procedure.bind(values))
        created = world.now()
        read = world.read_systems()
    plan = dataclasses.replace(
        plan,
        procedure=procedure.name,
        params={name: params.as_json(value) for name, value in values.items()},
        targets=world.targets(targets.touched(plan) | {*read}),
        created=created.isoformat(),
    )
    rehearse(world, plan)
    return plan


def rehearse(world: Systems, plan: Plan) -> None:
    """Write the plan's rows and check the constraints in transactions that are rolled back. Change nothing.

    Sequences stay as they are too: a row whose key the database would assign is inserted with a negative one.

    Raises:
        StalePlan: A row no longer matches the plan.
        Refused: A constraint, a missing permission or a lock prevents the change.
    """
    for database in DATABASES:
        if plan.rows(database) or plan.expected(database):
            with world.rows(database).transaction() as transaction:
                transaction.lock((*plan.expected(database), *plan.rows(database)))
                write_rows(transaction, tuple(map(_with_unused_key, plan.rows(database))))


def _with_unused_key(change: RowChange) -> RowChange:
    """Return an insertion with a key that no sequence assigns, because a rollback does not reset a sequence."""
    if isinstance(change, RowInsert) and None in change.pk.values():
        return dataclasses.replace(change, pk=dict.fromkeys(change.pk, -1 - secrets.randbelow(_MAX_KEY)))
    return change


def apply(  # noqa: PLR0913 - keyword-only except the first two; the journal records each
    world: Systems,
    plan: Plan,
    *,
    journal: Journal,
    reason: str,
    operator: str,
    find: Callable[[str], Procedure],
    policy: Policy,
    watch: Watch = lambda _: None,
) -> Outcome:
    """Make the plan's changes, verify them, and return the outcome with its receipt.

    Args:
        world: The systems for which the plan was made.
        plan: The changes.
        journal: The record of the intent, the steps and the outcome.
        reason: Why the operator applies the plan.
        operator: The operator, ``user@host``.
        find: Returns the procedure with a name. It plans again under the locks.
        policy: The site's rules for sizes and approvals.
        watch: Receives the name of each point that the apply reaches.

    Raises:
        NothingChanged: Nothing was done; for example, `StalePlan` names a row that changed.
        PartlyApplied: Some changes were made, then a step failed; the receipt lists the changes that were made.
        OutcomeUnknown: A commit or call was interrupted, and its outcome is unknown.
        VerifyFailed: All changes were made, and the systems now differ from the plan.
        NotVerified: All changes were made, and a system did not respond to the verification.
    """
    targets.refuse(targets.address_difference(world, plan))
    policy.check_size(plan)
    time = world.now().isoformat(timespec="seconds")
    facts = {"reason": reason, "operator": operator, "time": time}
    with journal.begin(plan, **facts, needs_approval=policy.needs_approval(plan)) as run_id:
        execution = Execution(world, plan, run_id=run_id, journal=journal, watch=watch, find=find)
        execution.run_steps()
        return _verify(execution)


def _verify(execution: Execution) -> Outcome:
    """Read everything back on new connections and journal the outcome."""
    if not execution.plan.changes:
        return execution.record_outcome("nothing-to-do", verified=True)
    for database in DATABASES:
        if execution.plan.rows(database):
            execution.world.rows(database).reconnect()
    try:
        mismatches = [change.describe() for change in execution.done if not is_applied(execution.world, change)]
    except NothingChanged as error:  # all changes were made, and a system stopped responding
        execution.record_outcome("not-verified", verified=False)
        raise NotVerified(run_id=execution.run_id, cause=error.what) from error
    except Exception:  # all changes were made, and the verification has a defect
        execution.record_outcome("not-verified", verified=False)
        raise
    if mismatches:
        execution.record_outcome("verify-failed", verified=False)
        raise VerifyFailed(run_id=execution.run_id, mismatches=mismatches)
    execution.watch("verified")
    return execution.record_outcome("applied", verified=True, surprises=_surprises(execution))


def _surprises(execution: Execution) -> list[str]:
    """Return the predictions that were wrong, or why they could not be compared. All changes are verified already."""
    since = datetime.fromisoformat(execution.plan.created)
    lines: list[str] = []
    for prediction in execution.plan.predictions:
        try:
            rows = execution.world.rows(prediction.database)
            rows.reconnect()
            lines += rows.differences(prediction, since=since)
        except NothingChanged as error:
            lines.append(f"not compared: {prediction.row}: {error.what}")
    return lines
