"""Put the lines of a log together to entries: a head and what follows it, such as a traceback, with its moment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runbook_lib.logs import forms
from runbook_lib.logs.reading import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from runbook_lib.logs.reading import Line

MOST_LINES = 400  # of one entry; the rest is counted
MOST_CHARACTERS = 65_536  # likewise
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Record:
    """One entry of a log.

    Attributes:
        file: The file, below the folder of the logs.
        line: The number of its first line.
        system: Who writes the file, by its tree in the catalogue.
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


@dataclass
class _Open:
    """An entry whose last line may still come."""

    first: Record
    lines: list[str] = field(default_factory=list)
    left_out: int = 0
    in_traceback: bool = False
    characters: int = 0

    def add(self, text: str) -> None:
        self.characters += len(text)
        if len(self.lines) < MOST_LINES and self.characters <= MOST_CHARACTERS:
            self.lines.append(text)
        else:
            self.left_out += 1

    def closed(self) -> Record:
        return replace(self.first, text="\n".join(self.lines).rstrip(), left_out=self.left_out)


def records(lines: Iterable[Line], *, form: forms.Form, zone: ZoneInfo, file: str, system: str) -> Iterator[Record]:
    """Yield the entries of one file in its order.

    A line without a head belongs to the entry before it. In Argo's form every line has a time, so there a traceback is
    kept together by its shape: its indented lines and the first one after them that is not.
    """
    entry: _Open | None = None
    empty = Record(file, 0, system, None, None, "", "", "", "")
    try:
        for line in lines:
            begun = _begin(line, form, zone, empty)
            text = line.text if begun is None else begun.text
            if entry is not None and (begun is None or (form.offset and _continues(entry, text))):
                entry.add(text)
                continue
            if entry is not None:
                yield entry.closed()
            entry = _Open(replace(begun or empty, line=line.number), [text], in_traceback=_TRACEBACK in text)
    except UnreadableError:  # what was read before the damage counts too
        if entry is not None:
            yield entry.closed()
        raise
    if entry is not None:
        yield entry.closed()


def _begin(line: Line, form: forms.Form, zone: ZoneInfo, empty: Record) -> Record | None:
    head = form.read(line.text)
    if head is None:
        return None
    try:
        moment, late = forms.moments(head.time, zone)
    except OverflowError:
        return None
    return replace(
        empty, moment=moment, late=late, level=head.level, logger=head.logger, place=head.place, text=head.text
    )


def _continues(entry: _Open, text: str) -> bool:
    """Tell whether `text` goes on with the traceback of `entry`."""
    if not entry.in_traceback:
        return False
    entry.in_traceback = not text or text[0].isspace()
    return True
