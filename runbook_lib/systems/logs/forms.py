"""The formats of log lines: the head of an entry and its values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_LOCAL = r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3})"
_LOGGER = r"(?P<logger>[A-Za-z_][\w.]{0,100}+)-(?P<level>[A-Z]{4,8}+)"
_MESSAGE = r"(?P<text>.*)"


@dataclass(frozen=True)
class Head:
    """The values in the first line of an entry.

    Attributes:
        time: The time as written; aware only if the line has an offset.
        level: ``INFO``, ``ERROR`` …; empty if the format has none.
        logger: The logger's name; empty if the format has none.
        place: Source file and line, task and process, if the format has them.
        text: The rest of the line.
    """

    time: datetime
    level: str
    logger: str
    place: str
    text: str


@dataclass(frozen=True)
class Form:
    """One format of lines.

    Attributes:
        name: Its name in the catalog.
        example: An example line.
        offset: Whether each line has its offset from UTC; otherwise the time is the site's local time.
        patterns: The possible heads of an entry.
    """

    name: str
    example: str
    offset: bool
    patterns: tuple[re.Pattern[str], ...]

    def begins(self, line: str) -> Begin | None:
        """Return the match and the time of a line's head; None if the line continues the entry before it."""
        for pattern in self.patterns:
            if match := pattern.match(line):
                try:
                    return Begin(match, _time(match))
                except ValueError:  # 30 February
                    return None
        return None

    def read(self, line: str) -> Head | None:
        """Return the head of `line`; None if the line continues the entry before it."""
        begin = self.begins(line)
        return head(begin) if begin else None


class Begin(NamedTuple):
    """A line with a head, not parsed yet.

    Attributes:
        match: The match of the head.
        time: The time as written.
    """

    match: re.Match[str]
    time: datetime


def _time(match: re.Match[str]) -> datetime:
    if "short_time" in match.re.groupindex:
        return datetime.strptime(match["short_time"], "%y%m%d %H:%M:%S")  # noqa: DTZ007 - the zone comes later
    return datetime.fromisoformat(match["time"])


def head(begin: Begin) -> Head:
    """Return the values of a head."""
    values = {name: value or "" for name, value in begin.match.groupdict().items()}
    place = " ".join(values[name] for name in ("path", "process", "task") if values.get(name))
    letter = values.get("level", "")
    level = {"I": "INFO", "W": "WARNING", "E": "ERROR", "D": "DEBUG"}.get(letter, letter)
    return Head(begin.time, level, values.get("logger", ""), place, values["text"])


def _form(name: str, example: str, *patterns: str, offset: bool = False) -> Form:
    return Form(name, example, offset, tuple(re.compile(pattern, re.DOTALL) for pattern in patterns))


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        form.name: form
        for form in (
            _form(
                "atmosphere",
                "2020-11-25 18:02:03,123 atmosphere-INFO [/opt/dev/atmosphere/service/x.py 42] text",
                rf"{_LOCAL} {_LOGGER} \[(?P<path>[^\]\n]{{1,400}} [0-9]{{1,7}})\] {_MESSAGE}",
            ),
            _form(
                "troposphere",
                "2020-11-25 18:02:03,123 troposphere-INFO [/opt/dev/troposphere/troposphere/x.py:42] text",
                rf"{_LOCAL} {_LOGGER} \[(?P<path>[^\]\n]{{1,400}}:[0-9]{{1,7}})\] {_MESSAGE}",
            ),
            _form(
                "celery",
                "[2020-11-25 18:02:03,123: atmosphere-INFO/ForkPoolWorker-1 [PID:42] [task(id)] @ x.py on 42] text",
                rf"\[{_LOCAL}: {_LOGGER}/(?P<process>[\w-]{{1,60}} \[PID:[0-9]{{1,9}}\])"
                rf"(?: \[(?P<task>[^\]\n]{{0,400}})\])? @ (?P<path>[^\]\n]{{1,400}} on [0-9]{{1,7}})\] {_MESSAGE}",
                # Celery's and Flower's own formats, before Atmosphere's settings take effect.
                rf"\[{_LOCAL}: (?P<level>[A-Z]{{4,8}})/(?P<process>[\w-]{{1,60}})\] {_MESSAGE}",
                rf"\[(?P<level>[DIWE]) (?P<short_time>[0-9]{{6}} [0-9:]{{8}}) (?P<path>[^\]\n]{{1,100}})\] {_MESSAGE}",
            ),
            _form(
                "status",
                "2020-11-25 18:02:03,joetest,INSTANCE,IMAGE,SIZE,Networking Complete",
                rf"(?P<time>[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}),{_MESSAGE}",
            ),
            _form(
                "argo",
                "2020-11-26T01:02:03.123456789Z TASK [install packages] ***",
                r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2}))"
                rf"(?: {_MESSAGE})?",
                offset=True,
            ),
        )
    }
)


def utc_times(time: datetime, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """Return the time in UTC, and a second one for a local time that occurs twice, when clocks are set back.

    A local time that does not exist, when clocks are set forward, is read with the offset before the change.

    Raises:
        OverflowError: The time is outside of the years 1 to 9999.
    """
    if time.tzinfo:
        return time.astimezone(UTC), None
    first, second = (time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second if second > first else None
