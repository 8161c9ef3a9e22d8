"""One run, built from its journal records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from runbook_lib.model import Call, Change, changes_from_json, row_name
from runbook_lib.model.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Record = dict[str, Any]
_OPEN_STATES = frozenset({"unknown", "not-verified"})


def is_open(outcome: Mapping[str, object]) -> bool:
    """Return whether a later outcome can follow this ``outcome`` record, because it leaves something unknown."""
    return outcome.get("state") in _OPEN_STATES or bool(outcome.get("uncertain"))


@dataclass(frozen=True)
class Run:
    """One run according to the journal.

    Attributes:
        run_id: The run's ID.
        plan: The planned changes.
        reason: Why the operator started the run.
        operator: The operator, ``user@host``.
        time: The start time, ISO 8601, UTC.
        steps: The ``step`` records, in order.
        outcome: The last ``outcome`` record; None when the run was interrupted.
        is_intact: False when one of the records was altered after it was written.
    """

    run_id: str
    plan: Plan
    reason: str
    operator: str
    time: str
    steps: tuple[Record, ...] = ()
    outcome: Record | None = None
    is_intact: bool = True

    @classmethod
    def from_records(cls, run_id: str, records: Sequence[Record], *, is_intact: bool) -> Self:
        """Return the run that these records, in their order, describe.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: They do not have the form that this library writes.
        """
        intents = [record for record in records if record["kind"] == "intent"]
        if len(intents) != 1 or records[0] is not intents[0]:
            raise ValueError(f"run {run_id} does not begin with its one intent")
        intent, steps, outcome = intents[0], [], None
        for record in records[1:]:
            if record["kind"] == "step":
                steps.append(record)
                outcome = None  # an earlier outcome does not cover this step
            elif record["kind"] == "outcome":
                outcome = record
            else:
                raise ValueError(f"a run has no record of the kind {record['kind']}")
        changes_from_json(outcome["receipt"] if outcome else [])
        facts = {key: str(intent[key]) for key in ("reason", "operator", "time")}
        plan = Plan.from_json(intent["plan"])
        return cls(run_id=run_id, plan=plan, steps=tuple(steps), outcome=outcome, is_intact=is_intact, **facts)

    @property
    def state(self) -> str:
        """The run's end state.

        ``applied``, ``nothing-to-do``, ``partly-applied``, ``not-applied``, ``verify-failed`` (the systems differ from
        the plan), ``not-verified`` (it could not be verified) or ``unknown``.
        """
        return str(self.outcome["state"]) if self.outcome else "unknown"

    @property
    def is_unknown(self) -> bool:
        """Whether the run's changes are unknown."""
        return self.state == "unknown"

    @property
    def has_uncertain_step(self) -> bool:
        """Whether the outcome of the last step is unknown, also in a run that was applied only in part."""
        return bool(self.steps) and (self.is_unknown or bool(self.outcome and self.outcome.get("uncertain")))

    @property
    def unknown_step(self) -> str:
        """The last step if its outcome is unknown; otherwise empty."""
        return str(self.steps[-1]["about"]) if self.has_uncertain_step else ""

    @property
    def finding(self) -> Mapping[str, str]:
        """What an operator found about the last step, why and who; empty if nobody resolved the run by hand."""
        return self.outcome.get("finding", {}) if self.outcome else {}

    @property
    def surprises(self) -> tuple[str, ...]:
        """The predictions that were wrong, one line each."""
        return tuple(self.outcome.get("surprises", ())) if self.outcome else ()

    @property
    def is_open(self) -> bool:
        """Whether the run must be resolved: its changes, or whether they are in effect, are unknown."""
        return self.outcome is None or is_open(self.outcome)

    @property
    def changed(self) -> bool | None:
        """Whether the run changed anything, according to the records; None when that is unknown.

        A step is announced only after the previous one was done.
        """
        if self.outcome:
            return bool(self.outcome["receipt"]) or (None if self.has_uncertain_step else False)
        return len(self.steps) > 1 or (None if self.steps else False)

    @property
    def receipt(self) -> tuple[Change, ...]:
        """The changes that were made."""
        return changes_from_json(self.outcome["receipt"]) if self.outcome else ()

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``runbook history --json`` prints."""
        receipt = self.outcome["receipt"] if self.outcome else []
        facts = {"run_id": self.run_id, "state": self.state, "reason": self.reason, "operator": self.operator}
        facts |= {"time": self.time, "unknown_step": self.unknown_step}
        return {**self.plan.as_json(), **facts, "receipt": receipt, "surprises": list(self.surprises)}

    def touches(self, name: str) -> bool:
        """Return whether the run's plan or receipt names this row (``table:pk``) or this target of a call."""
        changes = (*self.plan.changes, *self.receipt)
        return any(name == (change.target if isinstance(change, Call) else row_name(change)) for change in changes)


def undone(runs: Sequence[Run]) -> dict[str, str]:
    """Return the ID of each run that is undone → the ID of the run that undid it.

    An undo that was itself undone does not count.

    Args:
        runs: All runs, oldest first.
    """
    undone_by: dict[str, str] = {}
    for run in reversed(runs):  # an undo is younger than what it undoes
        if run.plan.undoes and run.state == "applied" and run.run_id not in undone_by:
            undone_by.setdefault(run.plan.undoes, run.run_id)
    return undone_by
