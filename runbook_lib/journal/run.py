"""One run, as its records in the journal tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.model import Call, Change, changes_from_json, row_name

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan

Record = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One run as the journal tells it.

    Attributes:
        run_id: Its name.
        plan: What it set out to do.
        reason: Why, in the operator's words.
        operator: Who ran it, ``user@host``.
        time: When it began, ISO 8601, UTC.
        steps: The ``step`` records, in order.
        outcome: The last ``outcome`` record; None when the run was interrupted.
        intact: False when one of its records was altered after it was written.
    """

    run_id: str
    plan: Plan
    reason: str
    operator: str
    time: str
    steps: tuple[Record, ...] = ()
    outcome: Record | None = None
    intact: bool = True

    @property
    def state(self) -> str:
        """How it ended.

        ``applied``, ``nothing-to-do``, ``partly-applied``, ``not-applied``, ``verify-failed`` (it reads back
        differently), ``not-verified`` (it could not be read back) or ``unknown``.
        """
        return str(self.outcome["state"]) if self.outcome else "unknown"

    @property
    def is_unknown(self) -> bool:
        """Whether it is unknown what was changed."""
        return self.state == "unknown"

    @property
    def is_open(self) -> bool:
        """Whether there is something left to find out: what was changed, or whether it is in effect."""
        return self.state in {"unknown", "not-verified"}

    @property
    def changed(self) -> bool | None:
        """Whether it changed anything, as far as the records show; None when that is unknown.

        A step is announced before it is made: when the next one is announced, the one before was made.
        """
        if self.outcome:
            return bool(self.outcome["receipt"])
        return len(self.steps) > 1 or (None if self.steps else False)

    @property
    def receipt(self) -> tuple[Change, ...]:
        """The changes that were made."""
        return changes_from_json(self.outcome["receipt"]) if self.outcome else ()

    def as_json(self) -> dict[str, Any]:
        """Return the object that ``runbook history --json`` prints."""
        receipt = self.outcome["receipt"] if self.outcome else []
        facts = {"run_id": self.run_id, "state": self.state, "reason": self.reason, "operator": self.operator}
        return {**self.plan.as_json(), **facts, "time": self.time, "receipt": receipt}

    def touches(self, name: str) -> bool:
        """Tell whether the run's plan or receipt names this row (``table:pk``) or outside target."""
        changes = (*self.plan.changes, *self.receipt)
        return any(name == (c.target if isinstance(c, Call) else row_name(c)) for c in changes)
