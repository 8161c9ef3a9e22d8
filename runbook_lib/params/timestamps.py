"""Read timestamps: a date and time with its offset from UTC. A time without an offset is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Stricter than fromisoformat, which also accepts week dates, a date alone, and digits without separators.
_FORM = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)


def read(text: str) -> datetime:
    """Return the timestamp that `text` names, in UTC.

    A time without an offset is ambiguous, because the sites, this machine and the operator can use different zones.

    Raises:
        ValueError: The text is not a date and time with an offset. The message is a predicate about the parameter.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"must be a date and time such as 2026-01-15T18:00-07:00, not {text[:40]!r}")
    if match["offset"] is None:
        raise ValueError(f"needs its offset from UTC, such as {text}-07:00 or {text}+00:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # 30 February; the first hours of the year 1, east of Greenwich
        raise ValueError(f"is not an existing date and time: {text}") from error
