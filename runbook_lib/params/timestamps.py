"""Moments: a date and time as people write it, with its offset from UTC; a time without one is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Stricter than fromisoformat, which also takes weeks, a date alone, and digits without separators.
_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)


def read(text: str) -> datetime:
    """Return the moment that `text` names, in UTC.

    A time without its offset names none: the sites, this machine and the operator may each keep another zone.

    Raises:
        ValueError: It is no date and time with an offset. The words continue a sentence that begins with the name.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"must be a date and time such as 2026-01-15T18:00-07:00, not {text[:40]!r}")
    if found["offset"] is None:
        raise ValueError(f"needs its offset from UTC, such as {text}-07:00 or {text}+00:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # 30 February; the first hours of the year 1, east of Greenwich
        raise ValueError(f"is no date and time that exists: {text}") from error
