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
        outcome: The ``outcome`` record; None when the run was cut off.
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
        """``applied``, ``nothing-to-do``, ``partly-applied``, ``verify-failed``, ``not-applied`` or ``cut-off``."""
        return str(self.outcome["state"]) if self.outcome else "cut-off"

    @property
    def unsettled(self) -> bool:
        """True when it is not known what became of it."""
        return self.outcome is None

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
