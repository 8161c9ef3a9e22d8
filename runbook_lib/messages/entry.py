"""One known message in a text: what it means, what leads to it, what to do; a plain value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Entry:
    """One known message in a text, and what it means.

    Attributes:
        id: The rule's id.
        kind: ``cause``, ``symptom``, ``state`` or ``sign``.
        severity: Who is concerned: ``site``, ``user``, ``none``.
        area: ``imaging``, ``instance`` or ``site``.
        meaning: What it says.
        causes: What leads to it, the likeliest first.
        next_step: What to do, in words.
        commands: What to type; what is unknown stands in capitals.
        page: The page that tells more, a path on the site.
        systems: Where to look.
        matched: The text that was recognized, secrets masked.
        line: The line it begins in, counted from 1.
        fields: The values of the variable parts of the message.
        specificity: How many literal characters were recognized.
    """

    id: str
    kind: str
    severity: str
    area: str
    meaning: str
    causes: tuple[str, ...]
    next_step: str
    commands: tuple[str, ...]
    page: str
    systems: tuple[str, ...]
    matched: str
    line: int
    fields: Mapping[str, str]
    specificity: int

    def as_json(self) -> dict[str, Any]:
        """Return the entry as `runbook triage --json` prints it."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()} | {
            "fields": dict(self.fields)
        }
