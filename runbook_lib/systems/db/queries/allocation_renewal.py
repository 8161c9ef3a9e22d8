"""The next renewal of an allocation source, by its strategy; plain values, no I/O."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbook_lib.systems.db.queries.allocations import NEVER_RENEWED, RENEWALS

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.systems.db.queries.account_details import UserSource

_DAYS = {"bi-weekly": 14, "workshop": 7}
_DECEMBER = 12


def describe(source: UserSource, *, now: datetime) -> str:
    """Return the day of a source's next renewal, and the new number of hours.

    Atmosphere decides by the day in UTC.

    Source: cyverse_rules_engine_setup.py, and cyverse_allocation/tasks.py:41-72, of Atmosphere v37-5.
    """
    if source.ended is not None and source.ended <= now:
        return f"never: it ended on {source.ended:%Y-%m-%d}"
    if source.strategy == NEVER_RENEWED:
        return "never (strategy custom)"
    if source.strategy not in RENEWALS:
        return f"never: Atmosphere's rules have no strategy {source.strategy}"
    renewal = RENEWALS[source.strategy]
    if source.strategy not in _DAYS:
        return f"on {_next_month(now):%Y-%m-%d}: {renewal}"
    if source.renewed is None:
        return "never: it has no event allocation_source_created_or_renewed, without which Atmosphere skips it"
    due = source.renewed + timedelta(days=_DAYS[source.strategy])
    return f"{'due since' if due <= now else 'on'} {due:%Y-%m-%d}: {renewal}"


def _next_month(now: datetime) -> datetime:
    year, month = (now.year + 1, 1) if now.month == _DECEMBER else (now.year, now.month + 1)
    return now.replace(year=year, month=month, day=1)
