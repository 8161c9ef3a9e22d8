"""When an allocation source renews next, by its strategy; plain values, no I/O."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbook_lib.systems.db.queries.allocations import NEVER_RENEWED, RENEWALS

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.systems.db.queries.account_details import UsersSource

_DAYS = {"bi-weekly": 14, "workshop": 7}
_DECEMBER = 12


def in_words(of: UsersSource, *, now: datetime) -> str:
    """Return when a source renews next, and what it then becomes.

    The calendar day is the site's: near midnight of the month's last day it can differ from UTC's.

    Source: cyverse_rules_engine_setup.py of Atmosphere v37.
    """
    if of.ended is not None and of.ended <= now:
        return f"never: it ended on {of.ended:%Y-%m-%d}"
    if of.strategy == NEVER_RENEWED:
        return "never (strategy custom)"
    if of.strategy not in RENEWALS:
        return f"never: Atmosphere's rules know no strategy {of.strategy}"
    what = RENEWALS[of.strategy]
    if of.strategy not in _DAYS:
        return f"on {_next_month(now):%Y-%m-%d}: {what}"
    if of.renewed is None:
        return f"not known, it has no snapshot: {what}"
    moment = of.renewed + timedelta(days=_DAYS[of.strategy])
    return f"{'due since' if moment <= now else 'on'} {moment:%Y-%m-%d}: {what}"


def _next_month(now: datetime) -> datetime:
    year, month = (now.year + 1, 1) if now.month == _DECEMBER else (now.year, now.month + 1)
    return now.replace(year=year, month=month, day=1)
