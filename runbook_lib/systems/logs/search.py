"""Search log files for a text, a time range, or both, within limits, and report the omissions."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from runbook_lib.systems.logs import catalog, forms, reading
from runbook_lib.systems.logs.records import LogRecord, UnparsedEntry, entries
from runbook_lib.systems.logs.tree import MARGIN, LogProblem, SearchableFile, Walk
from runbook_lib.text import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from runbook_lib.systems.logs.reading import RawLine
    from runbook_lib.systems.logs.tree import Inventory

_MAX_CLOCK_CHANGE = timedelta(hours=3)  # no zone changes its clocks by more
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY = timedelta(days=2)


class OutOfTimeError(Exception):
    """The search exceeded its time limit."""


@dataclass(frozen=True)
class Query:
    """The conditions of a search; an empty one does not restrict.

    Attributes:
        text: A literal text, ignoring case, in an entry or, for Argo's files, in the file's path.
        since: Start of the time range, inclusive; aware.
        until: End of the time range, exclusive; aware.
        trees: Keys of `runbook_lib.systems.logs.catalog.PLACES`, or ``argo``.
        limit: Maximum number of entries; the latest ones are kept.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    trees: frozenset[str] = frozenset()
    limit: int = 200


@dataclass(frozen=True)
class Searched:
    """A file that was searched.

    Attributes:
        file: Its path below the folder.
        lines: Number of lines read.
        matches: Number of matching entries.
        trouble: Why it was not read to its end; empty when it was.
    """

    file: str
    lines: int
    matches: int
    trouble: str = ""


@dataclass
class LogMatches:
    """The result of a search and its omissions.

    Attributes:
        records: The entries, the earliest first, with secrets masked.
        repeated: Number of identical entries in two files; only the one in the file with the longer name is kept.
        omitted: Number of earlier matches beyond the limit.
        masked: Number of likely secrets masked in `records`.
        undated: Number of entries without a time that match the text but not the time range; they are omitted.
        truncated: Number of lines beyond the maximum length.
        searched: The files in the order of the search.
        not_reached: Number of files not read to their end within the time limit; None when unknown.
        problems: Unreadable and missing files.
        zone: The zone of times without an offset; Troposphere's times are UTC.
    """

    zone: str
    records: list[LogRecord] = field(default_factory=list)
    repeated: int = 0
    omitted: int = 0
    masked: int = 0
    undated: int = 0
    truncated: int = 0
    searched: list[Searched] = field(default_factory=list)
    not_reached: int | None = 0
    problems: list[LogProblem] = field(default_factory=list)


class Search:
    """One search."""

    def __init__(self, query: Query, *, zone: ZoneInfo, seconds: float, timer: Callable[[], float]) -> None:
        """Keep the query and start the time limit."""
        self._query = query
        self._text = query.text.casefold()
        self._zone = zone
        self._timer = timer
        self._ends = timer() + seconds
        self._seconds = seconds
        self._latest: list[tuple[datetime, int, LogRecord]] = []
        self._match_count = 0
        self.result = LogMatches(zone=zone.key)

    def run(self, folder: Path) -> LogMatches:
        """Search the files below `folder`."""
        walk = Walk(folder, self._zone, self._check)
        try:
            sources = self._choose(walk.trees())
            for place, source in enumerate(sources):
                self.result.not_reached = len(sources) - place
                self._search(source)
            self.result.not_reached = None
            if self._wants(catalog.ARGO):
                for source in walk.deployments(self._query.since, self._query.until):
                    self._search(source)
            self.result.not_reached = 0
        except OutOfTimeError:
            self.result.problems.append(
                LogProblem(str(folder), f"the search exceeded its limit of {self._seconds:g} s")
            )
        self.result.problems += walk.inventory.problems
        self._finish()
        return self.result

    def _wants(self, tree: str) -> bool:
        return not self._query.trees or tree in self._query.trees

    def _choose(self, inventory: Inventory) -> list[SearchableFile]:
        """Return the files to search, the newest first, and report the missing ones."""
        for tree, place in inventory.trees.items():
            if place is None and self._wants(tree):
                places = ", ".join(where for where in catalog.PLACES[tree] if where != ".")
                self.result.problems.append(LogProblem(tree, f"no logs found: none of the folders {places} exists"))
        available = [source for source in inventory.sources if self._wants(source.entry.tree)]
        for entry in catalog.FILES:
            if self._wants(entry.tree) and inventory.trees.get(entry.tree) is not None:
                self._report_missing(entry, [source for source in available if source.entry is entry])
        chosen = [source for source in available if source.covers(self._query.since, self._query.until)]
        return sorted(chosen, key=lambda source: source.ends or _LAST, reverse=True)

    def _report_missing(self, entry: catalog.LogFile, sources: list[SearchableFile]) -> None:
        current = {source.name for source in sources if source.ends is None}
        if not current and not entry.optional and "*" not in entry.name:
            self.result.problems.append(LogProblem(f"{entry.tree}: {entry.name}", "the file does not exist"))
        for source in sources:
            if source.begins is None and source.ends is not None and self._query.since is not None:
                oldest = source.ends - MARGIN - timedelta(days=2)
                if self._query.since < oldest:
                    why = f"older files are deleted: the host keeps {entry.keep} rotated files, one per day"
                    self.result.problems.append(LogProblem(source.name, why, is_gone=True))

    def _search(self, source: SearchableFile) -> None:
        """Search one file, and keep the matches."""
        count, before, trouble = _Lines(), self._match_count, ""
        in_path = bool(self._text) and source.entry.tree == catalog.ARGO and self._text in source.name.casefold()
        try:
            with reading.opened(source.path) as stream:
                lines = self._count(reading.lines(stream, packed=source.packed, check=self._check), count)
                self._keep(entries(lines, forms.FORMS[source.entry.form]), source, takes_all=in_path)
        except reading.UnreadableError as error:
            trouble = str(error)
        except OutOfTimeError:
            trouble = "it was not read to its end within the time limit"
            raise
        finally:
            self.result.searched.append(Searched(source.name, count.number, self._match_count - before, trouble))

    def _zone_of(self, source: SearchableFile) -> ZoneInfo:
        return ZoneInfo("UTC") if source.entry.utc else self._zone

    def _keep(self, candidates: Iterable[UnparsedEntry], source: SearchableFile, *, takes_all: bool) -> None:
        query, zone = self._query, self._zone_of(source)
        since, until = (_local(time, zone) for time in (query.since, query.until))
        for entry in candidates:
            if entry.begin and not entry.begin.time.tzinfo:  # a quick check that rejects most entries
                if since and entry.begin.time < since - _MAX_CLOCK_CHANGE:
                    continue
                if until and entry.begin.time > until + _MAX_CLOCK_CHANGE:
                    continue
            if self._text and not takes_all and self._text not in "\n".join(entry.lines).casefold():
                continue
            record = entry.record(zone=zone, file=source.name, system=source.entry.tree)
            if not record.text:  # an empty line of a playbook's output
                continue
            if record.time is None and (query.since or query.until):
                self.result.undated += 1
                continue
            if record.time is not None and not record.between(query.since, query.until):
                continue
            self._match_count += 1
            heapq.heappush(self._latest, (record.time or _FIRST, self._match_count, record))
            if len(self._latest) > query.limit:
                heapq.heappop(self._latest)

    def _finish(self) -> None:
        # Entries with equal times keep the order of their file.
        kept = sorted((time, record.file, record.line, record) for time, _, record in self._latest)
        # The root logger's file repeats the entries of all loggers. Its name is the shortest and so sorts first.
        counts: Counter[tuple[object, ...]] = Counter()
        latest: dict[tuple[object, ...], LogRecord] = {}
        for time, file, _, record in kept:
            content = (time, record.logger, record.place, record.text)
            counts[file, *content] += 1
            latest[counts[file, *content], *content] = record
        for record in latest.values():
            self.result.masked += mask.masked_count(record.text)
            self.result.records.append(replace(record, text=mask.mask(record.text)))
        self.result.repeated = len(kept) - len(latest)
        self.result.omitted = self._match_count - len(kept)

    def _count(self, lines: Iterable[RawLine], count: _Lines) -> Iterator[RawLine]:
        for line in lines:
            count.number += 1
            self.result.truncated += line.is_truncated
            yield line

    def _check(self) -> None:
        if self._timer() > self._ends:
            raise OutOfTimeError


@dataclass
class _Lines:
    number: int = 0


def _local(time: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a time as a naive local time of a zone; None near the limits of `datetime`."""
    if time is None or not _FIRST + _DAY < time < _LAST - _DAY:
        return None
    return time.astimezone(zone).replace(tzinfo=None)
