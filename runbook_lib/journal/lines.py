"""The lines of the journal's file: records, and damaged lines."""

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
    """One line, parsed at its first use.

    Attributes:
        number: The line number in the file, from 1.
        text: The bytes of the line, without the line break.
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
        """Whether the line is a record that matches its digest."""
        return self.record is not None and digest(self.record) == self.record["digest"]


@dataclass(frozen=True)
class Lines:
    """All lines of a file.

    Attributes:
        lines: The lines, in order.
        torn: The bytes after the last line: a partial record that a crash left, and that was never acknowledged.
        is_ended: Whether the last line ends with a line break. Otherwise, someone shortened an acknowledged record.
    """

    lines: tuple[JournalLine, ...] = ()
    torn: bytes = b""
    is_ended: bool = True

    @property
    def last_digest(self) -> str:
        """The digest of the last record."""
        return next((str(line.record["digest"]) for line in reversed(self.lines) if line.record), BEGINNING)

    def digest_of(self, number: int) -> str:
        """Return the digest of a record by its number; of 0, the start of the chain; empty for a damaged line."""
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
    """Return the digest of a record without its field ``digest``."""
    return fingerprint(canonical({key: value for key, value in record.items() if key != "digest"}))
