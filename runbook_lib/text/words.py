"""Counts, time spans and lists as text."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 change``, ``2 changes``.

    Args:
        number: The count.
        noun: The singular, which can include a verb, such as ``instance is``.
        plural: The plural, if it is not the singular with an *s*.
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def age(span: timedelta) -> str:
    """Return a time span in minutes, from 2 hours on in hours, and from 2 days on in days, rounded down."""
    if span < 2 * _HOUR:
        return count(int(span / _MINUTE), "minute")
    return count(span // _HOUR, "hour") if span < 2 * _DAY else count(span // _DAY, "day")


def listing(items: Iterable[str], conjunction: str = "and") -> str:
    """Return items as an enumeration: ``a, b and c``."""
    *first, last = items
    return f"{', '.join(first)} {conjunction} {last}" if first else last
