"""Put the lines of a log together to entries: a head and what follows it, such as a traceback, with its moment."""

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

MOST_LINES = 400  # of one entry; the rest is counted
MOST_CHARACTERS = 65_536  # likewise
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class LogRecord:
    """One entry of a log.

    Attributes:
        file: The file, below the folder of the logs.
        line: The number of its first line.
        system: Who writes the file, by its tree in the catalog.
        moment: When, UTC; None for lines before the first head of a file.
        late: When as well, UTC: its local time came twice, because clocks were set back. None otherwise.
        level: ``INFO``, ``ERROR`` …; empty where the file's form has none.
        logger: The logger; empty where the form has none.
        place: Source file and line, process, task, as far as the form has them.
        text: The message with everything that follows it.
        left_out: How many of its lines were left out of `text`.
    """

    file: str
    line: int
    system: str
    moment: datetime | None
    late: datetime | None
    level: str
    logger: str
    place: str
    text: str
    left_out: int = 0

    def between(self, since: datetime | None, until: datetime | None) -> bool:
        """Tell whether it was, or may have been, written between two moments; `until` does not count."""
        return any(
            (since is None or since <= moment) and (until is None or moment < until)
            for moment in (self.moment, self.late)
            if moment is not None
        )


@dataclass(slots=True)
class UnparsedEntry:
    """The lines of one entry, not taken apart yet.

    Attributes:
        number: The number of its first line.
        begun: Its head; None for lines before the first head of a file.
        lines: Its lines, the first with its head.
        left_out: How many more it has.
    """

    number: int
    begun: forms.Begin | None
    lines: list[str]
    left_out: int = 0
    in_traceback: bool = False
    characters: int = 0

    def add(self, text: str) -> None:
        """Add a line, or count it when there are many."""
        self.characters += len(text)
        if len(self.lines) < MOST_LINES and self.characters <= MOST_CHARACTERS:
            self.lines.append(text)
        else:
            self.left_out += 1

    def record(self, *, zone: ZoneInfo, file: str, system: str) -> LogRecord:
        """Take it apart."""
        if self.begun is None:
            text = "\n".join(self.lines).rstrip()
            return LogRecord(file, self.number, system, None, None, "", "", "", text, self.left_out)
        head = forms.head(self.begun)
        try:
            moment, late = forms.moments(head.time, zone)
        except OverflowError:
            moment, late = None, None
        text = "\n".join([head.text, *self.lines[1:]]).rstrip()
        return LogRecord(
            file, self.number, system, moment, late, head.level, head.logger, head.place, text, self.left_out
        )


def entries(lines: Iterable[RawLine], form: forms.Form) -> Iterator[UnparsedEntry]:
    """Yield the entries of one file in its order.

    A line without a head belongs to the entry before it. In Argo's form every line has a time, so there a traceback is
    kept together by its shape: its indented lines and the first one after them that is not.
    """
    entry: UnparsedEntry | None = None
    try:
        for number, text, _ in lines:
            begun = form.begins(text)
            if entry is not None:
                if begun is None:
                    entry.add(text)
                    continue
                if form.offset and entry.in_traceback:
                    more = begun.found["text"] or ""
                    entry.in_traceback = not more or more[0].isspace()
                    entry.add(more)
                    continue
                yield entry
            entry = UnparsedEntry(number, begun, [text], in_traceback=form.offset and _TRACEBACK in text)
    except UnreadableError:  # what was read before the damage counts too
        if entry is not None:
            yield entry
        raise
    if entry is not None:
        yield entry
