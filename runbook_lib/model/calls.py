"""A change of a system outside the databases: one call."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from runbook_lib.model.values import Json, show


@dataclass(frozen=True)
class Call:
    """One call to a system outside the databases, if the target still is as the plan saw it.

    Attributes:
        system: Which system, as `World.outside` knows it, e.g. ``glance:4`` (Glance of provider 4).
        target: The object, in the system's own words, e.g. an image's UUID.
        action: What is set or done, e.g. ``visibility``.
        before: The value now, None when there is none.
        after: The value wanted.
        reversible: False when no call brings `before` back.
    """

    system: str
    target: str
    action: str
    before: Json
    after: Json
    reversible: bool = True

    @property
    def in_steps(self) -> bool:
        """Whether it does several things on a host, of which a cut may leave only the first done."""
        return self.system in {"host", "workers"}

    @property
    def leaves_no_trace(self) -> bool:
        """Whether it is a command, of which nothing can be read back: not even whether it was run."""
        return self.action == "run"

    def describe(self) -> str:
        """Return one line: the system, the target and what becomes of it."""
        note = "" if self.reversible else "  (can't be taken back)"
        return f"call   {self.system} {self.target}  {self.action}: {show(self.before)} → {show(self.after)}{note}"

    def inverse(self) -> Call | None:
        """Return the call that brings the old value back; None when there is none."""
        if not self.reversible:
            return None
        return dataclasses.replace(self, before=self.after, after=self.before)

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object."""
        return [{"op": "call"} | {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}]
