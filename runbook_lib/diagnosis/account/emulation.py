"""Decide whether an account can be emulated, and why not: Troposphere itself gives no reason for a rejection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.systems.db.queries.staff import StaffRights

# The pattern of the URL in troposphere/urls.py.
_URL_NAME = re.compile(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*")
_URL_CHARACTER = re.compile(r"[A-Za-z0-9 _-]")


@dataclass(frozen=True)
class Emulation:
    """Whether an account can be emulated.

    Attributes:
        is_possible: Whether a superuser can emulate the account now; None if Atmosphere's database did not respond.
        reasons: The obstacles, the most important first, followed by further facts.
    """

    is_possible: bool | None
    reasons: tuple[str, ...]


def judge(username: str, rights: StaffRights | None, *, has_responded: bool, is_closed: bool) -> Emulation:
    """Return whether the account can be emulated through Troposphere.

    Args:
        username: The name as in the database.
        rights: The rights on Atmosphere; None if Atmosphere has no such account.
        has_responded: Whether Atmosphere's database responded.
        is_closed: Whether a maintenance closes Atmosphere now.

    Source: troposphere/urls.py and emulation.py of Troposphere v36, api/v1/views/token.py of Atmosphere v37.
    """
    obstacles = []
    if not _URL_NAME.fullmatch(username):
        obstacles.append(f"{_problem(username)}; Troposphere shows its usual page without an error")
    if not has_responded:
        return Emulation(False if obstacles else None, (*obstacles, "it is unknown whether Atmosphere has the account"))
    if rights is None:
        obstacles.append("Atmosphere has no account of this name (404)")
    if is_closed:
        obstacles.append("a maintenance closes Atmosphere's API (503)")
    notes = ["only a superuser on Atmosphere can emulate; Atmosphere rejects staff without that right (401)"]
    if rights is not None and not rights.can_act:
        notes.insert(0, "the account is disabled: Atmosphere's API rejects every request in its name")
    return Emulation(not obstacles, (*obstacles, *notes))


def _problem(username: str) -> str:
    """Return why the pattern of the URL does not match the name."""
    character = next((character for character in username if not _URL_CHARACTER.fullmatch(character)), "")
    if character:
        return f"the URL does not accept {character!r} in a name"
    return "the URL accepts single blanks, _ and - only, and only between letters or digits"
