"""When an allocation source renews: by the calendar, by days, or never."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from runbook_lib.systems.db.queries import allocation_renewal
from runbook_lib.systems.db.queries.account_details import UserSource

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def source(strategy: str, *, renewed: datetime | None = NOW, ended: datetime | None = None) -> UserSource:
    """Return a source of this strategy."""
    return UserSource("x", 168, Decimal(0), Decimal(0), strategy, renewed, ended)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (NOW, "2026-02-01"),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "2027-01-01"),
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-02-01"),
        (datetime(2024, 2, 29, tzinfo=UTC), "2024-03-01"),
        (datetime(2026, 2, 1, tzinfo=UTC), "2026-03-01"),
    ],
)
def test_the_default_renews_on_the_first_of_the_next_month(now: datetime, day: str) -> None:
    """Whenever it was renewed last."""
    said = allocation_renewal.describe(source("default", renewed=None), now=now)

    assert f"on {day}: on the first day of each month, the allowance is set to 336 hours" == said


@pytest.mark.parametrize(("strategy", "day", "hours"), [("bi-weekly", 29, 84), ("workshop", 22, 0)])
def test_others_renew_so_many_days_after_the_last_time(strategy: str, day: int, hours: int) -> None:
    """To the hours of their kind."""
    said = allocation_renewal.describe(source(strategy), now=NOW)

    assert said.startswith(f"on 2026-01-{day}: ")
    assert said.endswith(f"set to {hours} hours")


def test_a_renewal_that_did_not_come_is_due() -> None:
    """At its moment, and afterwards."""
    at = allocation_renewal.describe(source("workshop", renewed=NOW.replace(day=8)), now=NOW)
    before = allocation_renewal.describe(source("workshop", renewed=NOW.replace(day=8, minute=1)), now=NOW)

    assert ("due since 2026-01-15", "on 2026-01-15") == (at.partition(":")[0], before.partition(":")[0])


def test_without_a_snapshot_nobody_knows_when() -> None:
    """But what becomes of it is known."""
    said = allocation_renewal.describe(source("bi-weekly", renewed=None), now=NOW)
    assert said.startswith("unknown, it has no snapshot: 14 days after")


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (source("custom"), "never (strategy custom)"),
        (source("biweekly"), "never: Atmosphere's rules have no strategy biweekly"),  # what the API accepts
        (source("default", ended=NOW), "never: it ended on 2026-01-15"),
    ],
)
def test_what_is_never_renewed_says_why(of: UserSource, said: str) -> None:
    """Its strategy, a name that the rules don't know, or its end."""
    assert said == allocation_renewal.describe(of, now=NOW)
