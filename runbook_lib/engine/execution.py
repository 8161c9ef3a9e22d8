"""One apply on its way: its steps, what has been done so far, and what a failure leaves behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.engine import replan
from runbook_lib.engine.readback import Effect, effect
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
    """One apply on its way: what has been done so far."""

    world: Systems
    plan: Plan
    run_id: str = field(kw_only=True)
    journal: Journal = field(kw_only=True)
    watch: Watch = field(kw_only=True)
    find: Callable[[str], Procedure] = field(kw_only=True)
    done: list[Change] = field(default_factory=list)

    def carry_out(self) -> None:
        """Do steps 2 to 4; on a failure journal what was done and raise."""
        try:
            self.watch("the intent is journaled")
            with contextlib.ExitStack() as stack:
                stack.enter_context(self.world.exclusively(self.plan.changes))
                open_: dict[Database, RowTransaction] = {}
                for database in DATABASES:
                    concerned = (*self.plan.expected(database), *self.plan.rows(database))
                    if concerned:
                        open_[database] = stack.enter_context(self.world.rows(database).transaction())
                        open_[database].lock(concerned)
                with replan.refusals_are_stale(self.plan):
                    self.compare_targets()
                    replan.check(self.world, self.plan, find=self.find)
                self.watch("rows are locked and as planned")
                written = {name: write(tx, self.plan.rows(name)) for name, tx in open_.items()}
                self.watch("rows are written, not committed")
                for stage in self.plan.stages():
                    if isinstance(stage, Call):
                        outside = self.world.outside(stage.system)
                        self.take(stage.describe(), (stage,), act=partial(outside.perform, stage))
                    else:
                        open_tx = open_[stage]
                        self.take(f"commit {stage}", written[stage], act=open_tx.commit, witness=open_tx.witness())
        except BaseException as error:  # noqa: BLE001 - Ctrl-C too must be journaled; interrupted raises in every case
            self.interrupted(error)

    def compare_targets(self) -> None:
        """Read the outside targets and compare them with the plan."""
        for call in self.plan.changes:
            if isinstance(call, Call) and (now := self.world.outside(call.system).current(call)) != call.before:
                raise StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)

    def take(self, name: str, changes: tuple[Change, ...], *, act: Callable[[], None], witness: str = "") -> None:
        """Announce one commit or call, make it, and count it as done.

        When the response is lost, the system is asked: what took effect counts, and the run goes on.

        Raises:
            PartlyApplied: The call failed after it changed something, or its outcome is unknown and others were made.
            OutcomeUnknown: Its outcome is unknown, and nothing was done before it.
        """
        self.journal.append("step", self.run_id, about=name, changes=changes_as_json(changes), witness=witness)
        self.watch(f"about to: {name}")
        try:
            act()
        except CallUnsettled as error:
            if not error.changed:
                raise self.unknown(name, error) from error
            failed = self.partly(_cause(error))  # made first, so that it names this call as the one that failed
            self.done.extend(changes)
            self.record("partly-applied", error=_cause(error))
            raise failed from error
        except BaseException as error:
            happened = self.effect(name, changes, witness, error)
            if happened is Effect.UNKNOWN:
                raise self.unknown(name, error) from error
            if happened is Effect.NO:
                raise
            self.done.extend(changes)
            if not isinstance(error, Exception):
                raise  # Ctrl-C: it is done, and the rest is not wanted any more
        else:
            self.done.extend(changes)
        self.watch(f"done: {name}")

    def effect(self, name: str, changes: tuple[Change, ...], witness: str, error: BaseException) -> Effect:
        """Return whether a commit or call that failed took effect all the same."""
        try:
            found = effect(self.world, changes, witness=witness)
        except Exception as unreadable:  # noqa: BLE001 - after a defect of ours, too, it is unknown
            raise self.unknown(name, error, f"; {_cause(unreadable)}") from error
        if found is Effect.UNKNOWN and isinstance(error, NothingChanged):
            return Effect.NO  # the system itself says that it did not do it
        return found

    def unknown(self, name: str, error: BaseException, more: str = "") -> RunbookError:
        """Return the error for a step whose outcome is unknown; none is journaled, so that the run can be resolved."""
        if self.done:
            return self.partly(f"the outcome of this step is unknown: {name}: {_cause(error)}{more}", resolve=True)
        return OutcomeUnknown(run_id=self.run_id, step=name, cause=f"{_cause(error)}{more}")

    def interrupted(self, error: BaseException) -> None:
        """Journal what was done, and raise what happened."""
        if isinstance(error, PartlyApplied | OutcomeUnknown):
            raise error
        self.record("partly-applied" if self.done else "not-applied", error=_cause(error))
        if self.done:
            raise self.partly(_cause(error)) from error
        if isinstance(error, CommitUnknown):
            raise NotConnected(
                kind="unreachable",
                system=f"the {error.database} database",
                address=self.world.targets().get(error.database, ""),
                reason="the connection was lost during the commit, and the database reports that it was not committed",
                next_step="apply again when it responds",
            ) from error
        raise error

    def partly(self, cause: str, *, resolve: bool = False) -> PartlyApplied:
        """Return the error that says what was done and what was not.

        Args:
            cause: Why the rest was not done.
            resolve: The outcome of a step is unknown, so the run must be resolved before anything else.
        """
        failed = next((c for c in self.plan.changes if not _is_done(c, self.done)), None)
        return PartlyApplied(
            run_id=self.run_id,
            done=[change.describe() for change in self.done] or ["nothing before it"],
            failed=failed.describe() if failed else "the end of the run",
            cause=cause,
            receipt={"run_id": self.run_id, "receipt": changes_as_json(self.done)},
            resolve=resolve,
        )

    def record(self, state: str, **facts: Any) -> Outcome:
        """Journal the outcome.

        Raises:
            PartlyApplied: Something was done, and the journal can't be written any more; the run can be settled.
        """
        receipt = changes_as_json(self.done)
        facts["time"] = self.world.now().isoformat()
        try:
            self.journal.append("outcome", self.run_id, state=state, receipt=receipt, **facts)
        except NothingChanged as unwritable:
            if not self.done:
                raise
            cause = f"{facts.get('error', state)}; the outcome could not be journaled ({_cause(unwritable)})"
            raise self.partly(f"{cause}: close the run with '{commands.SETTLE}' when it can") from unwritable
        self.watch(f"outcome journaled: {state}")
        return Outcome(run_id=self.run_id, plan=self.plan, state=state, receipt=tuple(self.done))


def write(transaction: RowTransaction, rows: tuple[RowChange, ...]) -> tuple[RowChange, ...]:
    """Write one database's locked rows and make its constraints speak; return the rows as written."""
    written = tuple(transaction.write(row) for row in rows)
    transaction.check_constraints()
    return written


def _is_done(change: Change, done: list[Change]) -> bool:
    """Tell whether a planned change is among those made (whose keys and fingerprints may be filled in)."""
    if isinstance(change, Call):
        return change in done
    return any(not isinstance(other, Call) and other.database == change.database for other in done)


def _cause(error: BaseException) -> str:
    """Return what failed; of an exception that nobody foresaw its class and place, for its text can hold a value."""
    if isinstance(error, RunbookError):
        return error.what
    if isinstance(error, CommitUnknown | CallUnsettled):
        return str(error)
    if not isinstance(error, Exception):
        return type(error).__name__
    return f"a defect of the runbook, to be reported with this message: {Defect.of(error, what='').why}"
