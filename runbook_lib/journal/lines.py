"""The lines of the journal's file: each is a record, or it is damaged."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.model import canonical, fingerprint

if TYPE_CHECKING:
    from runbook_lib.journal.run import Record

BEGINNING = "0" * 64
_KEYS = {"kind", "run_id", "previous", "digest"}


@dataclass(frozen=True)
class JournalLine:
    """One line, parsed when it is used.

    Attributes:
        number: Its number in the file, from 1.
        text: Its bytes, without the line break.
    """

    number: int
    text: bytes

    @functools.cached_property
    def record(self) -> Record | None:
        """The record; None if the line is not one."""
        try:
            record = json.loads(self.text)
        except ValueError:
            return None
        return record if isinstance(record, dict) and record.keys() >= _KEYS else None

    @property
    def is_intact(self) -> bool:
        """Whether it is a record that matches its digest."""
        return self.record is not None and digest(self.record) == self.record["digest"]


@dataclass(frozen=True)
class Lines:
    """All lines of a file.

    Attributes:
        lines: The lines, in order.
        torn: The bytes after the last line: what a crash left of a record that was never acknowledged.
        is_ended: Whether the last line ends with a line break. Without it, the line is a record whose end was cut off.
    """

    lines: tuple[JournalLine, ...] = ()
    torn: bytes = b""
    is_ended: bool = True

    @property
    def last_digest(self) -> str:
        """The digest of the last record."""
        return next((str(line.record["digest"]) for line in reversed(self.lines) if line.record), BEGINNING)

    def digest_of(self, number: int) -> str:
        """Return the digest of a record by its number; of number 0 what the first record follows; empty if damaged."""
        record = self.lines[number - 1].record if number else {"digest": BEGINNING}
        return str(record["digest"]) if record else ""


def split(data: bytes) -> Lines:
    """Return the lines of a file's bytes."""
    *complete, rest = data.split(b"\n")
    last = JournalLine(len(complete) + 1, rest)
    lines = tuple(JournalLine(number, line) for number, line in enumerate(complete, start=1))
    if rest and last.is_intact:
        return Lines((*lines, last), is_ended=False)
    return Lines(lines, torn=rest)


def digest(record: Record) -> str:
    """Return the digest of a record without its own."""
    return fingerprint(canonical({key: value for key, value in record.items() if key != "digest"}))
