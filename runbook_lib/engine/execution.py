"""One apply on its way: its steps, what has been done so far, and what a failure leaves behind."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.engine.readback import took_effect
from runbook_lib.errors import (
    CallUnsettled,
    CommitUnknown,
    NotConnected,
    NothingChanged,
    PartlyApplied,
    RunbookError,
    StalePlan,
)
from runbook_lib.model import DATABASES, Call, Change, Database, RowChange, changes_as_json
from runbook_lib.model.plan import Outcome

if TYPE_CHECKING:
    from runbook_lib.journal import Journal
    from runbook_lib.model.plan import Plan
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
    done: list[Change] = field(default_factory=list)

    def carry_out(self) -> None:
        """Do steps 2 to 4; on a failure journal what was done and raise."""
        try:
            self.watch("the intent is journaled")
            with contextlib.ExitStack() as stack:
                open_: dict[Database, RowTransaction] = {}
                for database in DATABASES:
                    concerned = (*self.plan.expected(database), *self.plan.rows(database))
                    if concerned:
                        open_[database] = stack.enter_context(self.world.rows(database).transaction())
                        open_[database].lock(concerned)
                self.compare_targets()
                self.watch("rows are locked and as planned")
                written = {name: write(tx, self.plan.rows(name)) for name, tx in open_.items()}
                self.watch("rows are written, not committed")
                for stage in self.plan.stages():
                    if isinstance(stage, Call):
                        outside = self.world.outside(stage.system)
                        self.take(stage.describe(), (stage,), act=partial(outside.perform, stage))
                    else:
                        self.take(f"commit {stage}", written[stage], act=open_[stage].commit)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C too must be journaled; broken_off raises in every case
            self.broken_off(error)

    def compare_targets(self) -> None:
        """Read the outside targets and compare them with the plan."""
        for call in self.plan.changes:
            if isinstance(call, Call) and (now := self.world.outside(call.system).current(call)) != call.before:
                raise StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)

    def take(self, name: str, changes: tuple[Change, ...], *, act: Callable[[], None]) -> None:
        """Announce one commit or call, make it, and count it as done.

        An answer that was lost is looked for in the world: what took effect counts, and the run goes on.
        """
        self.journal.append("step", self.run_id, about=name, changes=changes_as_json(changes))
        self.watch(f"about to: {name}")
        try:
            act()
        except CallUnsettled as error:
            failed = self.partly(_cause(error))  # made first, so that it names this call as the one that failed
            self.done.extend(changes)
            self.record("partly-applied", error=_cause(error))
            raise failed from error
        except BaseException as error:
            if not self.happened(changes, error):
                raise
            self.done.extend(changes)
            if not isinstance(error, Exception):
                raise  # Ctrl-C: it is done, and the rest is not wanted any more
        else:
            self.done.extend(changes)
        self.watch(f"done: {name}")

    def happened(self, changes: tuple[Change, ...], error: BaseException) -> bool:
        """Tell whether a commit or call that failed took effect all the same.

        Raises:
            PartlyApplied: That can't be found out now; no outcome is journaled, so that the run can be settled.
        """
        try:
            return took_effect(self.world, changes)
        except NothingChanged as unreachable:
            raise self.partly(
                f"{_cause(error)}; whether this took effect is not known ({unreachable.what}): "
                "find out with 'runbook history --settle' as soon as it answers"
            ) from error

    def broken_off(self, error: BaseException) -> None:
        """Journal what was done, and raise what happened."""
        if isinstance(error, PartlyApplied):
            raise error
        self.record("partly-applied" if self.done else "not-applied", error=_cause(error))
        if self.done:
            raise self.partly(_cause(error)) from error
        if isinstance(error, CommitUnknown):
            raise NotConnected(
                kind="unreachable",
                system=f"the {error.database} database",
                address=self.world.targets().get(error.database, ""),
                reason="the connection was lost during the commit; reading back shows that nothing was committed",
                next_step="apply again when it answers",
            ) from error
        raise error

    def partly(self, cause: str) -> PartlyApplied:
        """Return the error that says what was done and what was not."""
        failed = next((c for c in self.plan.changes if not _is_done(c, self.done)), None)
        return PartlyApplied(
            run_id=self.run_id,
            done=[change.describe() for change in self.done] or ["nothing that is known of"],
            failed=failed.describe() if failed else "the end of the run",
            cause=cause,
            receipt={"run_id": self.run_id, "receipt": changes_as_json(self.done)},
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
            raise self.partly(f"{cause}: close the run with 'runbook history --settle' when it can") from unwritable
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
    return str(error.what if isinstance(error, RunbookError) else error) or type(error).__name__
