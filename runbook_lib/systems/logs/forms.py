"""How the lines of each log look: the head of an entry, and what is said in it."""

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
    """What the first line of an entry says.

    Attributes:
        time: The time as written: aware only where the line holds its offset.
        level: ``INFO``, ``ERROR`` …; empty where the form has none.
        logger: The logger's name; empty where the form has none.
        place: Source file and line, task and process, as far as the form has them.
        text: The rest of the line.
    """

    time: datetime
    level: str
    logger: str
    place: str
    text: str


@dataclass(frozen=True)
class Form:
    """One form.

    Attributes:
        name: Its name in the catalog.
        example: A line.
        offset: Whether each line holds its offset from UTC; otherwise it is the site's local time.
        patterns: The heads it may begin with.
    """

    name: str
    example: str
    offset: bool
    patterns: tuple[re.Pattern[str], ...]

    def begins(self, line: str) -> Begin | None:
        """Return what the head of `line` matched, and its time; None when it belongs to the entry before it."""
        for pattern in self.patterns:
            if found := pattern.match(line):
                try:
                    return Begin(found, _time(found))
                except ValueError:  # 30 February
                    return None
        return None

    def read(self, line: str) -> Head | None:
        """Return the head of `line`; None when it has none, and so belongs to the entry before it."""
        begun = self.begins(line)
        return head(begun) if begun else None


class Begin(NamedTuple):
    """A line with a head, not taken apart yet.

    Attributes:
        found: What matched.
        time: The time as written.
    """

    found: re.Match[str]
    time: datetime


def _time(found: re.Match[str]) -> datetime:
    if "short_time" in found.re.groupindex:
        return datetime.strptime(found["short_time"], "%y%m%d %H:%M:%S")  # noqa: DTZ007 - the zone comes later
    return datetime.fromisoformat(found["time"])


def head(begun: Begin) -> Head:
    """Return what a head says."""
    said = {name: value or "" for name, value in begun.found.groupdict().items()}
    place = " ".join(said[name] for name in ("path", "process", "task") if said.get(name))
    level = {"I": "INFO", "W": "WARNING", "E": "ERROR", "D": "DEBUG"}.get(said.get("level", ""), said.get("level", ""))
    return Head(begun.time, level, said.get("logger", ""), place, said["text"])


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
                # Celery's and Flower's own, before Atmosphere's settings are read.
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


def moments(time: datetime, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
    """Return the moment, UTC, and a second one where the local time comes twice, when clocks are set back.

    A local time that is left out, when clocks are set forward, is read as if they had not been set yet.

    Raises:
        OverflowError: It lies outside the years 1 to 9999.
    """
    if time.tzinfo:
        return time.astimezone(UTC), None
    first, second = (time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second if second > first else None
