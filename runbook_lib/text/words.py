"""Numbers, time spans and lists in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 change``, ``2 changes``.

    Args:
        number: How many.
        noun: The singular; a verb can follow it, as in ``instance is``.
        plural: The plural, where it is not the singular with an *s*.
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def age(span: timedelta) -> str:
    """Return a time span in whole minutes, from 2 hours on in hours, from 2 days on in days."""
    if span < 2 * _HOUR:
        return count(int(span / _MINUTE), "minute")
    return count(span // _HOUR, "hour") if span < 2 * _DAY else count(span // _DAY, "day")


def listing(words: Iterable[str], last: str = "and") -> str:
    """Return words as an enumeration: ``a, b and c``; `last` is the word before the last one."""
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final
