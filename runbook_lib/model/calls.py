"""A change of a system outside the databases: one call."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.model.values import Json, show

if TYPE_CHECKING:
    from runbook_lib.model.system_id import SystemId


@dataclass(frozen=True)
class Call:
    """One call to a system outside the databases, if the target still matches the plan.

    Attributes:
        system: The system, such as Glance of provider 4.
        target: The object as the system names it, such as an image's UUID.
        action: The attribute or the operation, such as ``visibility``.
        before: The present value; None if there is none.
        after: The planned value.
        reversible: False when no call restores `before`.
    """

    system: SystemId
    target: str
    action: str
    before: Json
    after: Json
    reversible: bool = True

    @property
    def in_steps(self) -> bool:
        """Whether the call has several steps, so that an interruption can leave only the first ones done."""
        return self.system.kind.facts.in_steps

    @property
    def leaves_no_trace(self) -> bool:
        """Whether reading back shows nothing of the call, not even that it was made."""
        return self.system.kind.facts.leaves_no_trace

    def describe(self) -> str:
        """Return one line: the system, the target, and the old and new value."""
        note = "" if self.reversible else "  (irreversible)"
        return f"call   {self.system} {self.target}  {self.action}: {show(self.before)} → {show(self.after)}{note}"

    def inverse(self) -> Call | None:
        """Return the call that restores the old value; None if no call does."""
        if not self.reversible:
            return None
        return dataclasses.replace(self, before=self.after, after=self.before)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object."""
        values = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return [{"op": "call", **values, "system": str(self.system)}]
