"""Search log files for a text, a span of time, or both, within limits, and say what was left out."""

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

_NEAR = timedelta(hours=3)  # no zone sets its clocks by more
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_DAY = timedelta(days=2)


class OutOfTimeError(Exception):
    """The time is over."""


@dataclass(frozen=True)
class Query:
    """What to search for; what is empty does not restrict.

    Attributes:
        text: A literal text, upper and lower case alike, in an entry or, for Argo's files, in the file's path.
        since: The first moment, aware.
        until: The moment after the last, aware.
        trees: Keys of `runbook_lib.systems.logs.catalog.PLACES`, or ``argo``.
        most: How many entries are kept: the latest ones.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    trees: frozenset[str] = frozenset()
    most: int = 200


@dataclass(frozen=True)
class Searched:
    """A file that was searched.

    Attributes:
        file: Its path below the folder.
        lines: How many of its lines were read.
        found: How many entries fit.
        trouble: Why it was not read to its end; empty when it was.
    """

    file: str
    lines: int
    found: int
    trouble: str = ""


@dataclass
class LogMatches:
    """What was found, and how far the answer goes.

    Attributes:
        records: The entries, the earliest first, secrets masked.
        repeated: How many entries stood in two files, word for word; the file with the longer name is told.
        left_out: How many earlier entries fit as well.
        masked: How many likely secrets were masked in `records`.
        undated: How many entries without a time fit the text, where a span of time was asked for; they are left out.
        cut: How many lines were longer than is read.
        searched: The files, in the order in which they were searched.
        not_reached: How many files there was no time to read to their end; None when it is not known.
        problems: What could not be read, and what is not there.
        zone: The zone that times without an offset were read in; Troposphere's are UTC.
    """

    zone: str
    records: list[LogRecord] = field(default_factory=list)
    repeated: int = 0
    left_out: int = 0
    masked: int = 0
    undated: int = 0
    cut: int = 0
    searched: list[Searched] = field(default_factory=list)
    not_reached: int | None = 0
    problems: list[LogProblem] = field(default_factory=list)


class Search:
    """One search."""

    def __init__(self, query: Query, *, zone: ZoneInfo, seconds: float, timer: Callable[[], float]) -> None:
        """Keep the query; the time begins to run now."""
        self._query = query
        self._text = query.text.casefold()
        self._zone = zone
        self._timer = timer
        self._ends = timer() + seconds
        self._seconds = seconds
        self._latest: list[tuple[datetime, int, LogRecord]] = []
        self._fits = 0
        self.found = LogMatches(zone=zone.key)

    def run(self, folder: Path) -> LogMatches:
        """Search what is below `folder`."""
        walk = Walk(folder, self._zone, self._check)
        try:
            sources = self._choose(walk.trees())
            for place, source in enumerate(sources):
                self.found.not_reached = len(sources) - place
                self._search(source)
            self.found.not_reached = None
            if self._wants(catalog.ARGO):
                for source in walk.deployments(self._query.since, self._query.until):
                    self._search(source)
            self.found.not_reached = 0
        except OutOfTimeError:
            self.found.problems.append(LogProblem(str(folder), f"the search was ended after {self._seconds:g} s"))
        self.found.problems += walk.found.problems
        self._finish()
        return self.found

    def _wants(self, tree: str) -> bool:
        return not self._query.trees or tree in self._query.trees

    def _choose(self, inventory: Inventory) -> list[SearchableFile]:
        """Return the files to search, the newest first, and say which are not there."""
        for tree, place in inventory.trees.items():
            if place is None and self._wants(tree):
                places = ", ".join(where for where in catalog.PLACES[tree] if where != ".")
                self.found.problems.append(LogProblem(tree, f"there are no logs of it: none of the folders {places}"))
        there = [source for source in inventory.sources if self._wants(source.entry.tree)]
        for entry in catalog.FILES:
            if self._wants(entry.tree) and inventory.trees.get(entry.tree) is not None:
                self._tell_missing(entry, [source for source in there if source.entry is entry])
        chosen = [source for source in there if source.covers(self._query.since, self._query.until)]
        return sorted(chosen, key=lambda source: source.ends or _LAST, reverse=True)

    def _tell_missing(self, entry: catalog.LogFile, sources: list[SearchableFile]) -> None:
        current = {source.name for source in sources if source.ends is None}
        if not current and not entry.optional and "*" not in entry.name:
            self.found.problems.append(LogProblem(f"{entry.tree}: {entry.name}", "the file is not there"))
        for source in sources:
            if source.begins is None and source.ends is not None and self._query.since is not None:
                oldest = source.ends - MARGIN - timedelta(days=2)
                if self._query.since < oldest:
                    why = f"nothing older is kept: {entry.keep} rotated files at most, one a day"
                    self.found.problems.append(LogProblem(source.name, why, is_gone=True))

    def _search(self, source: SearchableFile) -> None:
        """Search one file, and keep what fits."""
        count, before, trouble = _Lines(), self._fits, ""
        whole = bool(self._text) and source.entry.tree == catalog.ARGO and self._text in source.name.casefold()
        try:
            with reading.opened(source.path) as stream:
                lines = self._count(reading.lines(stream, packed=source.packed, check=self._check), count)
                self._keep(entries(lines, forms.FORMS[source.entry.form]), source, whole=whole)
        except reading.UnreadableError as error:
            trouble = str(error)
        except OutOfTimeError:
            trouble = "there was no time to read it to its end"
            raise
        finally:
            self.found.searched.append(Searched(source.name, count.number, self._fits - before, trouble))

    def _zone_of(self, source: SearchableFile) -> ZoneInfo:
        return ZoneInfo("UTC") if source.entry.utc else self._zone

    def _keep(self, found: Iterable[UnparsedEntry], source: SearchableFile, *, whole: bool) -> None:
        query, zone = self._query, self._zone_of(source)
        since, until = (_local(moment, zone) for moment in (query.since, query.until))
        for entry in found:
            if entry.begun and not entry.begun.time.tzinfo:  # most entries are told apart by this alone, which is quick
                if since and entry.begun.time < since - _NEAR:
                    continue
                if until and entry.begun.time > until + _NEAR:
                    continue
            if self._text and not whole and self._text not in "\n".join(entry.lines).casefold():
                continue
            record = entry.record(zone=zone, file=source.name, system=source.entry.tree)
            if not record.text:  # an empty line of a playbook's output
                continue
            if record.moment is None and (query.since or query.until):
                self.found.undated += 1
                continue
            if record.moment is not None and not record.between(query.since, query.until):
                continue
            self._fits += 1
            heapq.heappush(self._latest, (record.moment or _FIRST, self._fits, record))
            if len(self._latest) > query.most:
                heapq.heappop(self._latest)

    def _finish(self) -> None:
        # Equal moments: as they stand in their file.
        kept = sorted((moment, record.file, record.line, record) for moment, _, record in self._latest)
        # What a logger writes is also in the file of the root logger, whose name is the shortest and so comes first.
        seen: Counter[tuple[object, ...]] = Counter()
        latest: dict[tuple[object, ...], LogRecord] = {}
        for moment, file, _, record in kept:
            said = (moment, record.logger, record.place, record.text)
            seen[file, *said] += 1
            latest[seen[file, *said], *said] = record
        for record in latest.values():
            self.found.masked += mask.masked_count(record.text)
            self.found.records.append(replace(record, text=mask.mask(record.text)))
        self.found.repeated = len(kept) - len(latest)
        self.found.left_out = self._fits - len(kept)

    def _count(self, lines: Iterable[RawLine], count: _Lines) -> Iterator[RawLine]:
        for line in lines:
            count.number += 1
            self.found.cut += line.cut
            yield line

    def _check(self) -> None:
        if self._timer() > self._ends:
            raise OutOfTimeError


@dataclass
class _Lines:
    number: int = 0


def _local(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a moment as the lines of a zone write it, far from the ends of time."""
    if moment is None or not _FIRST + _DAY < moment < _LAST - _DAY:
        return None
    return moment.astimezone(zone).replace(tzinfo=None)
