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

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runbook_lib.changes import DATABASES, Call, Change, Database, RowChange, changes_as_json
from runbook_lib.errors import NothingChanged, PartlyApplied, Refused, RunbookError, StalePlan, VerifyFailed

if TYPE_CHECKING:
    from runbook_lib.journal import Journal
    from runbook_lib.plan import Plan
    from runbook_lib.registry import Procedure
    from runbook_lib.systems import RowTransaction, Systems

Watch = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of an applied plan.

    Attributes:
        run_id: The journal's name for this run.
        plan: What was to be done.
        state: ``applied``, ``nothing-to-do``, ``partly-applied``, ``verify-failed`` or ``not-applied``.
        receipt: The changes that were made, with the keys the database assigned.
    """

    run_id: str
    plan: Plan
    state: str
    receipt: tuple[Change, ...] = ()

    @property
    def verified(self) -> bool:
        """True when everything was read back as planned."""
        return self.state in {"applied", "nothing-to-do"}

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: the plan's, with run_id, state, verified and the receipt."""
        return {
            **self.plan.as_json(),
            "run_id": self.run_id,
            "state": self.state,
            "verified": self.verified,
            "receipt": changes_as_json(self.receipt),
        }


def make_plan(procedure: Procedure, world: Systems, values: Mapping[str, Any]) -> Plan:
    """Return what `procedure` would do with these typed parameters, rehearsed. Writes nothing.

    Raises:
        NothingChanged: Any of its kinds; what the parameters ask for can't or must not be done.
    """
    with world.reading():
        plan = procedure.plan(world, procedure.bind(values))
    shown = {name: getattr(value, "source", value) for name, value in values.items()}
    plan = dataclasses.replace(
        plan,
        procedure=procedure.name,
        params=shown,
        targets=world.targets(),
        created=world.now().isoformat(timespec="seconds"),
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
                _write(transaction, plan.rows(database))


def apply(  # noqa: PLR0913 - all by name but the first two; each is a fact of the record
    world: Systems,
    plan: Plan,
    *,
    journal: Journal,
    reason: str,
    operator: str,
    watch: Watch = lambda _: None,
) -> Outcome:
    """Make the plan's changes, read them back, and return the outcome with its receipt.

    Args:
        world: The systems the plan was made on.
        plan: Exactly what will be done.
        journal: Where intent, steps and outcome are recorded.
        reason: Why, in the operator's words.
        operator: Who, ``user@host``.
        watch: Called with a few words at each point of the way.

    Raises:
        NothingChanged: Before anything was done; e.g. `StalePlan` naming the row that moved.
        PartlyApplied: Something was done, then something failed; the receipt holds what was done.
        VerifyFailed: All was done, and reads back differently.
    """
    if dict(plan.targets) != dict(world.targets()):
        raise Refused(
            what=f"this plan was made on {_words(plan.targets)}, and this is {_words(world.targets())}",
            next_step="set the RUNBOOK_ variables as they were when it was made, or plan again here",
        )
    run_id = journal.begin(plan, reason=reason, operator=operator, time=world.now().isoformat(timespec="seconds"))
    with journal.hold(run_id):
        watch("the intent is journaled")
        work = _Work(world, plan, run_id=run_id, journal=journal, watch=watch)
        work.carry_out()
        return _verified(work)


@dataclass
class _Work:
    """One apply on its way: what has been done so far."""

    world: Systems
    plan: Plan
    run_id: str = field(kw_only=True)
    journal: Journal = field(kw_only=True)
    watch: Watch = field(kw_only=True)
    done: list[Change] = field(default_factory=list)

    def carry_out(self) -> None:
        """Do steps 2 to 4; on a failure journal what was done and raise."""
        pending: tuple[Change, ...] = ()
        try:
            with contextlib.ExitStack() as stack:
                open_: dict[Database, RowTransaction] = {}
                for database in DATABASES:
                    concerned = (*self.plan.expected(database), *self.plan.rows(database))
                    if concerned:
                        open_[database] = stack.enter_context(self.world.rows(database).transaction())
                        open_[database].lock(concerned)
                self.compare_targets()
                self.watch("rows are locked and as planned")
                written = {name: _write(tx, self.plan.rows(name)) for name, tx in open_.items()}
                self.watch("rows are written, not committed")
                for stage in self.plan.stages():
                    pending = (stage,) if isinstance(stage, Call) else written[stage]
                    self.take(stage, pending, transaction=None if isinstance(stage, Call) else open_[stage])
                    pending = ()
        except BaseException as error:  # noqa: BLE001 - Ctrl-C too must be journaled; broken_off raises in every case
            self.broken_off(error, pending)

    def compare_targets(self) -> None:
        """Read the outside targets and compare them with the plan."""
        for call in self.plan.changes:
            if isinstance(call, Call) and (now := self.world.outside(call.system).current(call)) != call.before:
                raise StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)

    def take(self, stage: Call | Database, changes: tuple[Change, ...], *, transaction: RowTransaction | None) -> None:
        """Announce one commit or call, make it, and count it as done."""
        name = stage.describe() if isinstance(stage, Call) else f"commit {stage}"
        self.journal.append("step", self.run_id, about=name, changes=changes_as_json(changes))
        self.watch(f"about to: {name}")
        if isinstance(stage, Call):
            self.world.outside(stage.system).perform(stage)
        elif transaction is not None:
            transaction.commit()
        self.done.extend(changes)
        self.watch(f"done: {name}")

    def broken_off(self, error: BaseException, pending: tuple[Change, ...]) -> None:
        """Find out whether the change on its way took effect, journal the outcome, and raise what happened.

        When even that can't be found out, no outcome is written: the run stays open for ``runbook history --settle``.
        """
        cause = str(error.what if isinstance(error, RunbookError) else error) or type(error).__name__
        try:
            if pending and took_effect(self.world, pending):
                self.done.extend(pending)
        except NothingChanged as unreachable:
            raise self.partly(
                f"{cause}; whether this took effect is not known ({unreachable.what}): "
                "find out with 'runbook history --settle' as soon as it answers"
            ) from error
        self.record("partly-applied" if self.done else "not-applied", error=cause)
        if not self.done:
            raise error
        raise self.partly(cause) from error

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
        """Journal the outcome."""
        receipt = changes_as_json(self.done)
        self.journal.append(
            "outcome", self.run_id, state=state, receipt=receipt, time=self.world.now().isoformat(), **facts
        )
        self.watch(f"outcome journaled: {state}")
        return Outcome(run_id=self.run_id, plan=self.plan, state=state, receipt=tuple(self.done))


def took_effect(world: Systems, changes: tuple[Change, ...]) -> bool:
    """Tell, on fresh connections, whether one commit's rows, or one call, took effect.

    A commit is all or nothing: one row that reads as afterwards shows that it happened.
    """
    for database in {c.database for c in changes if not isinstance(c, Call)}:
        world.rows(database).reconnect()
    return any(holds(world, change) for change in changes)


def holds(world: Systems, change: Change) -> bool:
    """Tell whether the world now reads as it should after `change`."""
    if isinstance(change, Call):
        return bool(world.outside(change.system).current(change) == change.after)
    return world.rows(change.database).holds(change)


def _verified(work: _Work) -> Outcome:
    """Read everything back on fresh connections and journal the outcome."""
    if not work.plan.changes:
        return work.record("nothing-to-do", verified=True)
    for database in DATABASES:
        if work.plan.rows(database):
            work.world.rows(database).reconnect()
    try:
        mismatches = [change.describe() for change in work.done if not holds(work.world, change)]
    except NothingChanged as error:  # a system went away; all changes were made
        mismatches = [f"could not be read back: {error.what}"]
    if mismatches:
        work.record("verify-failed", verified=False)
        raise VerifyFailed(run_id=work.run_id, mismatches=mismatches)
    work.watch("read back as planned")
    return work.record("applied", verified=True)


def _write(transaction: RowTransaction, rows: tuple[RowChange, ...]) -> tuple[RowChange, ...]:
    """Write one database's locked rows and make its constraints speak; return the rows as written."""
    written = tuple(transaction.write(row) for row in rows)
    transaction.check_constraints()
    return written


def _is_done(change: Change, done: list[Change]) -> bool:
    """Tell whether a planned change is among those made (whose keys and fingerprints may be filled in)."""
    if isinstance(change, Call):
        return change in done
    return any(not isinstance(other, Call) and other.database == change.database for other in done)


def _words(targets: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {where}" for name, where in targets.items()) or "nothing"
