"""Represent a recognized message: its meaning, causes and next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Entry:
    """A known message that a text contains, and its diagnosis.

    Attributes:
        id: The rule's id.
        kind: ``cause``, ``symptom``, ``state`` or ``sign``.
        severity: Who is affected: ``site``, ``user``, ``none``.
        area: ``imaging``, ``instance`` or ``site``.
        meaning: What the message means.
        causes: Possible causes, the likeliest first.
        next_step: What to do, in sentences.
        commands: Commands for the next step; unknown values are in capitals.
        page: The page with details, a path on the site.
        systems: The systems to inspect.
        matched: The recognized text, secrets masked.
        line: Its first line in the text, counted from 1.
        fields: Placeholder → its value in the text.
        specificity: The number of recognized literal characters.
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
        """Return the JSON object that `runbook triage --json` prints."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()} | {
            "fields": dict(self.fields)
        }
