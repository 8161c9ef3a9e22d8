"""What a pod wrote, line by line, each with its moment; plain values, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from runbook_lib.text.mask import mask

LOG_BYTES = 1_000_000  # the most of one log that is read at once
# RFC 3339 with up to nine digits of a second, as Kubernetes puts it in front of each line.
_STAMPED = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))(?: (?P<text>.*))?", re.DOTALL
)
_COLOURS = re.compile(r"\x1b\[[0-9;:?]{0,40}[ -/]?[@-~]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class LogLine:
    """One line.

    Attributes:
        pod: Whose.
        stamp: When, exactly as it was told; that of the line before where there is none.
        text: The line; likely secrets are masked, colours taken out, other control characters shown as ``?``.
    """

    pod: str
    stamp: str
    text: str

    @property
    def moment(self) -> datetime | None:
        """When, UTC, to the microsecond."""
        return _moment(self.stamp)

    @property
    def place(self) -> str:
        """What orders lines of one pod: the stamp with all nine digits, which Kubernetes leaves out when they are 0."""
        whole, point, rest = self.stamp.removesuffix("Z").partition(".")
        return f"{whole}.{rest if point else '':0<9}" if whole else ""

    @property
    def second(self) -> str:
        """The beginning of its second, as Kubernetes wants to be asked; empty without a stamp."""
        return f"{self.stamp.removesuffix('Z').partition('.')[0]}Z" if self.stamp.endswith("Z") else ""


def lines(pod: str, text: str) -> tuple[LogLine, ...]:
    """Return the lines of an answer, in its order; masked as a whole, for a secret may go over several lines."""
    parts = [_split(line) for line in text.split("\n") if line]  # no other character ends a line to Kubernetes
    masked = mask("\n".join(shown(rest) for _, rest in parts)).split("\n")
    if len(masked) != len(parts):  # something was masked over the end of a line
        masked = [mask(shown(rest)) for _, rest in parts]
    found: list[LogLine] = []
    for (stamp, _), rest in zip(parts, masked, strict=True):
        found.append(LogLine(pod, stamp or (found[-1].stamp if found else ""), rest))
    return tuple(found)


def shown(text: str) -> str:
    """Return a text as a terminal may show it: without colours, and with no other control character but tabs."""
    return _CONTROLS.sub("?", _COLOURS.sub("", text.rstrip("\r")))


def _split(line: str) -> tuple[str, str]:
    found = _STAMPED.fullmatch(line)
    return (found["stamp"], found["text"] or "") if found and _moment(found["stamp"]) else ("", line)


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", stamp)).astimezone(UTC)
    except ValueError:
        return None
