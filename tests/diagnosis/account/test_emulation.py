"""Whether an account can be emulated: the address, the account, the maintenance, and what is only worth knowing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from runbook_lib.diagnosis.account.emulation import judge
from runbook_lib.systems.db.queries.staff import StaffRights

PLAIN = StaffRights(staff=False, superuser=False, active=True, ended=None, last_login=None)
WHO = "only a superuser on Atmosphere can do it; staff alone is refused (401)"


@pytest.mark.parametrize("username", ["joetest", "0042", "a b", "a_b-c", "True", "JOE", "x"])
def test_a_name_that_fits_the_address_can_be_emulated(username: str) -> None:
    """Letters, digits, and between them single blanks, underscores and dashes."""
    found = judge(username, PLAIN, told=True, closed=False)

    assert (True, (WHO,)) == (found.works, found.why)


@pytest.mark.parametrize(
    ("username", "why"),
    [
        ("user.name", "the address takes no '.' in a name"),
        ("me@example.org", "the address takes no '@' in a name"),
        ("a+b", "the address takes no '+' in a name"),
        ("zoë", "the address takes no 'ë' in a name"),
        ("٣", "the address takes no '٣' in a name"),
        ("a  b", "only one at a time"),
        ("a--b", "only one at a time"),
        ("-a", "only one at a time"),
        ("a_", "only one at a time"),
        ("a\n", "the address takes no '\\n' in a name"),
    ],
)
def test_another_name_can_not_and_the_reason_is_said(username: str, why: str) -> None:
    """Troposphere says nothing of it."""
    found = judge(username, PLAIN, told=True, closed=False)

    assert not found.works
    assert why in found.why[0]
    assert "says nothing" in found.why[0]


def test_an_account_that_is_not_there_can_not() -> None:
    """The API answers 404."""
    found = judge("joetest", None, told=True, closed=False)

    assert (False, "Atmosphere has no account of this name (404)") == (found.works, found.why[0])


def test_a_maintenance_stands_against_it() -> None:
    """The API answers 503 to everybody."""
    found = judge("joetest", PLAIN, told=True, closed=True)

    assert (False, ("a maintenance closes Atmosphere's API (503)", WHO)) == (found.works, found.why)


@pytest.mark.parametrize("off", [{"active": False}, {"ended": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_a_disabled_account_opens_and_does_nothing(off: dict[str, object]) -> None:
    """The token is given, and the API refuses what is done with it."""
    found = judge("joetest", replace(PLAIN, **off), told=True, closed=False)  # type: ignore[arg-type]

    assert (True, True) == (found.works, found.why[0].startswith("the account is disabled"))


@pytest.mark.parametrize(("username", "works"), [("joetest", None), ("user.name", False)])
def test_without_atmosphere_only_the_name_can_be_judged(username: str, *, works: bool | None) -> None:
    """A name that does not fit never works; of one that fits nobody knows."""
    found = judge(username, None, told=False, closed=False)

    assert works == found.works
    assert "whether Atmosphere has the account is not known" == found.why[-1]


def test_all_that_stands_against_it_is_said() -> None:
    """The weightiest first."""
    assert 4 == len(judge("a.b", None, told=True, closed=True).why)
