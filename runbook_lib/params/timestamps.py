"""Read timestamps: a date and time with its offset from UTC. A time without an offset is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from runbook_lib.config import settings

# Stricter than fromisoformat, which also accepts week dates, a date alone, and digits without separators.
_HOUR = re.compile(r"(?:(?P<day>yesterday|today|tomorrow) )?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")
_DAYS = {"yesterday": -1, None: 0, "today": 0, "tomorrow": 1}
_FORM = re.compile(
    r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)"
    r"( ?(?P<zone>Z|UTC|GMT)| ?(?P<hours>[+-][0-9]{2}):?(?P<minutes>[0-5][0-9])?)?"
)


def read(text: str) -> datetime:
    """Return the timestamp that `text` names, in UTC.

    A time without an offset is ambiguous, because the sites, this machine and the operator can use different zones. The
    error offers the same time in the zone of Atmosphere's logs, to copy.

    Raises:
        ValueError: The text is not a date and time with an offset. The message is a predicate about the parameter.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        if hour := _HOUR.fullmatch(text):
            raise ValueError(f"needs its date and its offset from UTC{_offer(_day(hour))}")
        raise ValueError(f"must be a date and time such as 2026-01-15T18:00-07:00, not {text[:40]!r}")
    if match["zone"] is None and match["hours"] is None:
        raise ValueError(f"needs its offset from UTC{_offer(text)}")
    try:
        offset = "+00:00" if match["zone"] else f"{match['hours']}:{match['minutes'] or '00'}"
        return datetime.fromisoformat(f"{match['time']}{offset}").astimezone(UTC)
    except (ValueError, OverflowError) as error:  # 30 February; the first hours of the year 1, east of Greenwich
        raise ValueError(f"is not an existing date and time: {text}") from error


def _day(hour: re.Match[str]) -> str:
    """Return the date and time of an hour: of today, yesterday or tomorrow in the zone of Atmosphere's logs."""
    day = datetime.now(ZoneInfo(settings.zone())) + timedelta(days=_DAYS[hour["day"]])
    return f"{day:%Y-%m-%d}T{hour['hour'].zfill(2)}:{hour['minute']}"


def _offer(text: str) -> str:
    """Return the end of a sentence with a time in the zone of Atmosphere's logs; empty if there is no such time."""
    zone = settings.zone()
    try:
        time = datetime.fromisoformat(text.replace(" ", "T")).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return ""
    return f": in {zone}, it is {time.isoformat(timespec='seconds' if time.second else 'minutes')}"
