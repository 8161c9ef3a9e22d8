"""Detect failures in the output of commands whose exit code does not report them."""

from __future__ import annotations

from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_FAILURES = 20  # kept; further failures are only counted
# Script → its output for a partial failure, after which it continues and exits with 0.
# Source: scripts/application_sync_providers.py of Atmosphere v37.
MARKS: Mapping[str, str] = MappingProxyType(
    {"application_sync_providers.py": "Encountered exception while running application_to_provider:"}
)


class ExitLines:
    """Failures in the output of one command.

    Attributes:
        count: Number of reported failures.
        failures: The first failures, each with the line that follows, which has the cause.
    """

    def __init__(self, argv: Sequence[str]) -> None:
        """Select the text to search for; none for a command with a reliable exit code."""
        self._mark = next((mark for argument in argv if (mark := MARKS.get(PurePath(argument).name))), "")
        self._cause_follows = False
        self.count = 0
        self.failures: list[str] = []

    def add(self, line: str) -> None:
        """Process one line of the output."""
        if self._cause_follows:
            self.failures[-1] = f"{self.failures[-1]} {line}"
        self._cause_follows = False
        if self._mark and self._mark in line:
            self.count += 1
            if len(self.failures) < MAX_FAILURES:
                self.failures.append(line)
                self._cause_follows = True
