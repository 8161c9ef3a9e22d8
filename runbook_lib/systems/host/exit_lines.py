"""Hear from a command's own lines that it failed, where its exit code does not tell."""

from __future__ import annotations

from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 20  # failures kept; the rest is counted
# Script → what it writes when a part of its work failed; it goes on, and exits with 0.
# Source: scripts/application_sync_providers.py of Atmosphere v37.
MARKS: Mapping[str, str] = MappingProxyType(
    {"application_sync_providers.py": "Encountered exception while running application_to_provider:"}
)


class ExitLines:
    """What one command's lines say of its failures.

    Attributes:
        count: How many times it said that something failed.
        told: The first of those lines, each with the line that follows, which has the cause.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        """Know which lines to listen for: none, for a command whose exit code tells the truth."""
        self._mark = next((mark for word in argv if (mark := MARKS.get(PurePath(word).name))), "")
        self._cause_follows = False
        self.count = 0
        self.told: list[str] = []

    def hear(self, line: str) -> None:
        """Take one line into account."""
        if self._cause_follows:
            self.told[-1] = f"{self.told[-1]} {line}"
        self._cause_follows = False
        if self._mark and self._mark in line:
            self.count += 1
            if len(self.told) < MOST:
                self.told.append(line)
                self._cause_follows = True
