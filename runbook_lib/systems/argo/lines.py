"""Log lines of a pod, each with its timestamp; plain values, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from runbook_lib.text.mask import mask

LOG_BYTES = 1_000_000  # maximum read from one log in one request
# RFC 3339 with up to nine fractional digits, which Kubernetes writes before each line.
_STAMPED = re.compile(
    r"(?P<stamp>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))(?: (?P<text>.*))?", re.DOTALL
)
_COLORS = re.compile(r"\x1b\[[0-9;:?]{0,40}[ -/]?[@-~]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class LogLine:
    """One log line.

    Attributes:
        pod: The pod that wrote it.
        stamp: The timestamp exactly as Kubernetes wrote it; that of the line before when there is none.
        text: The line with likely secrets masked, colors removed, and other control characters shown as ``?``.
    """

    pod: str
    stamp: str
    text: str

    @property
    def time(self) -> datetime | None:
        """The timestamp in UTC, to the microsecond; None when the line has none."""
        return _time(self.stamp)

    @property
    def sort_key(self) -> str:
        """Sort key within a pod: the timestamp with all nine digits; Kubernetes omits trailing zeros."""
        seconds, _, fraction = self.stamp.removesuffix("Z").partition(".")
        return f"{seconds}.{fraction:0<9}" if seconds else ""

    @property
    def second(self) -> str:
        """The start of the line's second, in the form of ``sinceTime``; empty without a timestamp."""
        return f"{self.stamp.removesuffix('Z').partition('.')[0]}Z" if self.stamp.endswith("Z") else ""


def lines(pod: str, text: str) -> tuple[LogLine, ...]:
    """Return the lines of a response, in its order. They are masked together, since a secret can span lines."""
    parts = [_split(line) for line in text.split("\n") if line]  # Kubernetes ends lines with no other character
    masked = mask("\n".join(printable(rest) for _, rest in parts)).split("\n")
    if len(masked) != len(parts):  # a masked secret spanned several lines
        masked = [mask(printable(rest)) for _, rest in parts]
    result: list[LogLine] = []
    for (stamp, _), rest in zip(parts, masked, strict=True):
        result.append(LogLine(pod, stamp or (result[-1].stamp if result else ""), rest))
    return tuple(result)


def printable(text: str) -> str:
    """Return `text` safe for a terminal: without colors, and without control characters except tabs."""
    return _CONTROLS.sub("?", _COLORS.sub("", text.rstrip("\r")))


def _split(line: str) -> tuple[str, str]:
    match = _STAMPED.fullmatch(line)
    return (match["stamp"], match["text"] or "") if match and _time(match["stamp"]) else ("", line)


def _time(stamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", stamp)).astimezone(UTC)
    except ValueError:
        return None
