"""Whether an account can be emulated: the URL, the account, the maintenance, and further facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook_lib.diagnosis.account.emulation import judge
from runbook_lib.systems.db.queries.staff import StaffRights

PLAIN = StaffRights(is_staff=False, is_superuser=False, is_active=True, ended=None, last_login=None, can_act=True)
NOTE = "only a superuser on Atmosphere can emulate; Atmosphere rejects staff without that right (401)"


@pytest.mark.parametrize("username", ["joetest", "0042", "a b", "a_b-c", "True", "JOE", "x"])
def test_name_that_fits_the_url_can_be_emulated(username: str) -> None:
    """Letters and digits fit, and single blanks, underscores and dashes between them."""
    emulation = judge(username, PLAIN, has_responded=True, is_closed=False)

    assert (True, (NOTE,)) == (emulation.is_possible, emulation.reasons)


@pytest.mark.parametrize(
    ("username", "reason"),
    [
        ("user.name", "the URL does not accept '.' in a name"),
        ("me@example.org", "the URL does not accept '@' in a name"),
        ("a+b", "the URL does not accept '+' in a name"),
        ("zoë", "the URL does not accept 'ë' in a name"),
        ("٣", "the URL does not accept '٣' in a name"),
        ("a  b", "the URL accepts single blanks"),
        ("a--b", "the URL accepts single blanks"),
        ("-a", "the URL accepts single blanks"),
        ("a_", "the URL accepts single blanks"),
        ("a\n", "the URL does not accept '\\n' in a name"),
    ],
)
def test_other_name_cannot_be_emulated_and_the_reason_is_reported(username: str, reason: str) -> None:
    """The reason also says that Troposphere shows no error."""
    emulation = judge(username, PLAIN, has_responded=True, is_closed=False)

    assert not emulation.is_possible
    assert reason in emulation.reasons[0]
    assert "without an error" in emulation.reasons[0]


def test_missing_account_cannot_be_emulated() -> None:
    """The API returns 404."""
    emulation = judge("joetest", None, has_responded=True, is_closed=False)

    assert (False, "Atmosphere has no account of this name (404)") == (emulation.is_possible, emulation.reasons[0])


def test_maintenance_is_an_obstacle() -> None:
    """The API returns 503 to all users."""
    emulation = judge("joetest", PLAIN, has_responded=True, is_closed=True)

    assert (False, ("a maintenance closes Atmosphere's API (503)", NOTE)) == (emulation.is_possible, emulation.reasons)


def test_disabled_account_can_be_emulated_but_not_used() -> None:
    """The API issues the token, and rejects every request with it."""
    emulation = judge("joetest", replace(PLAIN, can_act=False), has_responded=True, is_closed=False)

    assert (True, True) == (emulation.is_possible, emulation.reasons[0].startswith("the account is disabled"))


@pytest.mark.parametrize(("username", "is_possible"), [("joetest", None), ("user.name", False)])
def test_without_atmosphere_only_the_name_is_judged(username: str, *, is_possible: bool | None) -> None:
    """Emulation is impossible if the name does not fit the URL; otherwise the result is unknown."""
    emulation = judge(username, None, has_responded=False, is_closed=False)

    assert is_possible == emulation.is_possible
    assert "it is unknown whether Atmosphere has the account" == emulation.reasons[-1]


def test_all_obstacles_are_listed() -> None:
    """The list has the problem of the name, the missing account, the maintenance and the note."""
    assert 4 == len(judge("a.b", None, has_responded=True, is_closed=True).reasons)
