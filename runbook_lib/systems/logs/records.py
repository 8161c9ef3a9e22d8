"""Combine the lines of a log into entries: a head with its time, and the lines after it, such as a traceback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.systems.logs import forms
from runbook_lib.systems.logs.reading import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from runbook_lib.systems.logs.reading import RawLine

MAX_LINES = 400  # of one entry; further lines are only counted
MAX_CHARACTERS = 65_536  # of one entry
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class LogRecord:
    """One entry of a log.

    Attributes:
        file: Path of the file below the folder of the logs.
        line: Number of its first line.
        system: The system that writes the file: its tree in the catalog.
        time: Its time, UTC; None for lines before the first head of a file.
        later_time: Its second possible time, UTC, if clocks were set back and its local time occurred twice.
        level: ``INFO``, ``ERROR`` …; empty if the file's format has none.
        logger: The logger; empty if the format has none.
        place: Source file and line, process and task, if the format has them.
        text: The message with all lines after it.
        omitted: Number of its lines that are not in `text`.
    """

    file: str
    line: int
    system: str
    time: datetime | None
    later_time: datetime | None
    level: str
    logger: str
    place: str
    text: str
    omitted: int = 0

    def between(self, since: datetime | None, until: datetime | None) -> bool:
        """Return whether one of its possible times is between `since` (inclusive) and `until` (exclusive)."""
        return any(
            (since is None or since <= time) and (until is None or time < until)
            for time in (self.time, self.later_time)
            if time is not None
        )


@dataclass(slots=True)
class UnparsedEntry:
    """The lines of one entry, not parsed yet.

    Attributes:
        number: The number of its first line.
        begin: Its head; None for lines before the first head of a file.
        lines: Its lines; the first one contains the head.
        omitted: Number of further lines.
    """

    number: int
    begin: forms.Begin | None
    lines: list[str]
    omitted: int = 0
    in_traceback: bool = False
    characters: int = 0

    def add(self, text: str) -> None:
        """Add a line; beyond the limits only count it."""
        self.characters += len(text)
        if len(self.lines) < MAX_LINES and self.characters <= MAX_CHARACTERS:
            self.lines.append(text)
        else:
            self.omitted += 1

    def record(self, *, zone: ZoneInfo, file: str, system: str) -> LogRecord:
        """Return the parsed entry."""
        if self.begin is None:
            text = "\n".join(self.lines).rstrip()
            return LogRecord(file, self.number, system, None, None, "", "", "", text, self.omitted)
        head = forms.head(self.begin)
        try:
            time, later_time = forms.utc_times(head.time, zone)
        except OverflowError:
            time, later_time = None, None
        text = "\n".join([head.text, *self.lines[1:]]).rstrip()
        return LogRecord(
            file, self.number, system, time, later_time, head.level, head.logger, head.place, text, self.omitted
        )


def entries(lines: Iterable[RawLine], form: forms.Form) -> Iterator[UnparsedEntry]:
    """Yield the entries of one file in its order.

    A line without a head continues the entry before it. In Argo's format every line has a time, so a traceback is
    recognized by its shape: its indented lines and the first line after them that is not indented.
    """
    entry: UnparsedEntry | None = None
    try:
        for number, text, _ in lines:
            begin = form.begins(text)
            if entry is not None:
                if begin is None:
                    entry.add(text)
                    continue
                if form.offset and entry.in_traceback:
                    more = begin.match["text"] or ""
                    entry.in_traceback = not more or more[0].isspace()
                    entry.add(more)
                    continue
                yield entry
            entry = UnparsedEntry(number, begin, [text], in_traceback=form.offset and _TRACEBACK in text)
    except UnreadableError:  # the entry before the damage counts too
        if entry is not None:
            yield entry
        raise
    if entry is not None:
        yield entry
