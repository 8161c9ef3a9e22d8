"""The next renewal of an allocation source: by calendar, by days, or never."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from runbook_lib.systems.db.queries import allocation_renewal
from runbook_lib.systems.db.queries.account_details import UserSource

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def source(strategy: str, *, renewed: datetime | None = NOW, ended: datetime | None = None) -> UserSource:
    """Return a source with this strategy."""
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
def test_default_strategy_renews_on_the_first_of_the_next_month(now: datetime, day: str) -> None:
    """The time of the last renewal does not matter."""
    text = allocation_renewal.describe(source("default", renewed=None), now=now)

    assert f"on {day}: on the first day of each month, the allowance is set to 336 hours" == text


@pytest.mark.parametrize(("strategy", "day", "hours"), [("bi-weekly", 29, 84), ("workshop", 22, 0)])
def test_other_strategies_renew_days_after_the_last_renewal(strategy: str, day: int, hours: int) -> None:
    """Each strategy sets its own number of hours."""
    text = allocation_renewal.describe(source(strategy), now=NOW)

    assert text.startswith(f"on 2026-01-{day}: ")
    assert text.endswith(f"set to {hours} hours")


def test_missed_renewal_is_due() -> None:
    """The renewal is due from its exact time on."""
    at = allocation_renewal.describe(source("workshop", renewed=NOW.replace(day=8)), now=NOW)
    before = allocation_renewal.describe(source("workshop", renewed=NOW.replace(day=8, minute=1)), now=NOW)

    assert ("due since 2026-01-15", "on 2026-01-15") == (at.partition(":")[0], before.partition(":")[0])


def test_source_without_an_event_is_never_renewed() -> None:
    """The new number of hours is known."""
    text = allocation_renewal.describe(source("bi-weekly", renewed=None), now=NOW)
    assert "never: it has no event allocation_source_created_or_renewed, without which Atmosphere skips it" == text


@pytest.mark.parametrize(
    ("renewed_source", "text"),
    [
        (source("custom"), "never (strategy custom)"),
        (source("biweekly"), "never: Atmosphere's rules have no strategy biweekly"),  # the API accepts this spelling
        (source("default", ended=NOW), "never: it ended on 2026-01-15"),
    ],
)
def test_source_without_a_renewal_has_a_reason(renewed_source: UserSource, text: str) -> None:
    """The reason is its strategy, a strategy unknown to the rules, or its end."""
    assert text == allocation_renewal.describe(renewed_source, now=NOW)
