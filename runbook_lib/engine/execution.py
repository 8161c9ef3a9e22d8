"""The steps of one apply, the changes made so far, and the handling of failures."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib.engine import replan, targets
from runbook_lib.engine.readback import Effect, read_effect
from runbook_lib.errors import (
    CallUnsettled,
    CommitUnknown,
    Defect,
    NotConnected,
    NothingChanged,
    OutcomeUnknown,
    PartlyApplied,
    RunbookError,
    StalePlan,
)
from runbook_lib.model import DATABASES, Call, Change, Database, RowChange, changes_as_json
from runbook_lib.model.plan import Outcome
from runbook_lib.text import commands

if TYPE_CHECKING:
    from runbook_lib.journal import Journal
    from runbook_lib.model.plan import Plan
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.model.protocols import RowTransaction, Systems

Watch = Callable[[str], None]


@dataclass
class Execution:
    """One apply in progress.

    Attributes:
        world: The systems.
        plan: The planned changes.
        run_id: The run's ID in the journal.
        journal: The record of the steps and the outcome.
        watch: Receives the name of each point that the apply reaches.
        done: The changes made so far, in order, with the keys and fingerprints that the systems assigned.
    """

    world: Systems
    plan: Plan
    run_id: str = field(kw_only=True)
    journal: Journal = field(kw_only=True)
    watch: Watch = field(kw_only=True)
    find: Callable[[str], Procedure] = field(kw_only=True)
    done: list[Change] = field(default_factory=list)

    def run_steps(self) -> None:
        """Run steps 2 to 4 of an apply; on a failure, journal the changes that were made and raise."""
        try:
            self.watch("the intent is journaled")
            targets.refuse(targets.difference(self.world, self.plan))
            with contextlib.ExitStack() as stack:
                stack.enter_context(self.world.exclusively(self.plan.changes))
                transactions: dict[Database, RowTransaction] = {}
                for database in DATABASES:
                    rows = (*self.plan.expected(database), *self.plan.rows(database))
                    if rows:
                        transactions[database] = stack.enter_context(self.world.rows(database).transaction())
                        transactions[database].lock(rows)
                with replan.refusals_are_stale(self.plan):
                    self.compare_targets()
                    replan.check(self.world, self.plan, find=self.find)
                self.watch("rows are locked and match the plan")
                written = {
                    database: write_rows(transaction, self.plan.rows(database))
                    for database, transaction in transactions.items()
                }
                self.watch("rows are written, not committed")
                for stage in self.plan.stages():
                    if isinstance(stage, Call):
                        outside = self.world.outside(stage.system)
                        self.perform_step(stage.describe(), (stage,), act=partial(outside.perform, stage))
                    else:
                        transaction, witness = transactions[stage], transactions[stage].witness()
                        self.perform_step(f"commit {stage}", written[stage], act=transaction.commit, witness=witness)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C must be journaled too; the handler always raises
            self.raise_after_failure(error)

    def compare_targets(self) -> None:
        """Raise `StalePlan` if the target of a call no longer matches the plan."""
        for call in self.plan.changes:
            if isinstance(call, Call) and (now := self.world.outside(call.system).current(call)) != call.before:
                raise StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)

    def perform_step(
        self, name: str, changes: tuple[Change, ...], *, act: Callable[[], None], witness: str = ""
    ) -> None:
        """Announce one commit or call, make it, and record it as done.

        When the response is lost, the system is queried. If the step took effect, the run continues.

        Raises:
            PartlyApplied: The call failed after it changed something.
            OutcomeUnknown: The outcome of the step is unknown.
        """
        self.journal.append("step", self.run_id, about=name, changes=changes_as_json(changes), witness=witness)
        self.watch(f"about to: {name}")
        try:
            act()
        except CallUnsettled as error:
            if error.changed is None:
                raise self.outcome_unknown(name, error) from error
            failure = self.partly_applied(_cause(error))  # made first, so that it names this call as the failed step
            self.done.extend(changes)
            self.record_outcome("partly-applied", error=_cause(error))
            raise failure from error
        except BaseException as error:
            effect = self.effect_despite(name, changes, witness, error)
            if effect is Effect.UNKNOWN:
                raise self.outcome_unknown(name, error) from error
            if effect is Effect.NO:
                raise
            self.done.extend(changes)
            if not isinstance(error, Exception):
                raise  # Ctrl-C: this step is done, and the operator wants no further steps
        else:
            self.done.extend(changes)
        self.watch(f"done: {name}")

    def effect_despite(self, name: str, changes: tuple[Change, ...], witness: str, error: BaseException) -> Effect:
        """Return whether a commit or call that failed took effect nevertheless."""
        try:
            effect = read_effect(self.world, changes, witness=witness)
        except Exception as unreadable:  # noqa: BLE001 - a defect leaves the outcome unknown too
            raise self.outcome_unknown(name, error, f"; {_cause(unreadable)}") from error
        if effect is Effect.UNKNOWN and isinstance(error, NothingChanged):
            return Effect.NO  # the system itself reports that it did nothing
        return effect

    def outcome_unknown(self, name: str, error: BaseException, details: str = "") -> OutcomeUnknown:
        """Return the error for a step whose outcome is unknown. No outcome is journaled, so the run can be resolved."""
        return OutcomeUnknown(
            run_id=self.run_id,
            step=name,
            cause=f"{_cause(error)}{details}",
            done=[change.describe() for change in self.done],
            receipt=changes_as_json(self.done),
        )

    def raise_after_failure(self, error: BaseException) -> NoReturn:
        """Journal the changes that were made, and raise the error for the operator."""
        if isinstance(error, PartlyApplied | OutcomeUnknown):
            raise error
        self.record_outcome("partly-applied" if self.done else "not-applied", error=_cause(error))
        if self.done:
            raise self.partly_applied(_cause(error)) from error
        if isinstance(error, CommitUnknown):
            raise NotConnected(
                kind="unreachable",
                system=f"the {error.database} database",
                address=self.world.targets().get(error.database, ""),
                reason="the connection was lost during the commit, and the database reports that nothing was committed",
                next_step="when the database responds, apply again",
            ) from error
        raise error

    def partly_applied(self, cause: str) -> PartlyApplied:
        """Return the error that lists the changes that were made, and names the one that failed with its cause."""
        failed = next((change for change in self.plan.changes if not _is_done(change, self.done)), None)
        return PartlyApplied(
            run_id=self.run_id,
            done=[change.describe() for change in self.done] or ["nothing before it"],
            failed=failed.describe() if failed else "the end of the run",
            cause=cause,
            receipt={"run_id": self.run_id, "receipt": changes_as_json(self.done)},
        )

    def record_outcome(self, state: str, **facts: Any) -> Outcome:
        """Journal the outcome.

        Raises:
            PartlyApplied: Changes were made, and the journal is no longer writable. The run can be resolved later.
        """
        receipt = changes_as_json(self.done)
        facts["time"] = self.world.now().isoformat()
        try:
            self.journal.append("outcome", self.run_id, state=state, receipt=receipt, **facts)
        except NothingChanged as unwritable:
            if not self.done:
                raise
            cause = f"{facts.get('error', state)}; the outcome could not be journaled ({_cause(unwritable)})"
            step = f"resolve the run with '{commands.SETTLE}' when the journal is writable"
            raise self.partly_applied(f"{cause}; {step}") from unwritable
        self.watch(f"outcome journaled: {state}")
        head = str(self.journal.written)
        return Outcome(
            run_id=self.run_id,
            plan=self.plan,
            state=state,
            receipt=tuple(self.done),
            journal_head=head,
            surprises=tuple(facts.get("surprises", ())),
        )


def write_rows(transaction: RowTransaction, rows: tuple[RowChange, ...]) -> tuple[RowChange, ...]:
    """Write one database's locked rows, check its constraints, and return the rows as written."""
    written = tuple(transaction.write(row) for row in rows)
    transaction.check_constraints()
    return written


def _is_done(change: Change, done: list[Change]) -> bool:
    """Return whether a planned change was made; changes that were made can hold additional keys and fingerprints."""
    if isinstance(change, Call):
        return change in done
    return any(not isinstance(other, Call) and other.database == change.database for other in done)


def _cause(error: BaseException) -> str:
    """Return what failed. An unforeseen exception shows its class and place, because its text can hold a value."""
    if isinstance(error, RunbookError):
        return error.what
    if isinstance(error, CommitUnknown | CallUnsettled):
        return str(error)
    if not isinstance(error, Exception):
        return type(error).__name__
    return f"a defect of the runbook; report it with this message: {Defect.from_exception(error, what='').why}"
