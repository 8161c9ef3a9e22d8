"""Whether an account can be emulated, and why not: Troposphere itself says nothing of a refusal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbook_lib.systems.db.queries.staff import StaffRights

# The pattern in the address, of troposphere/urls.py.
_ADDRESS = re.compile(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*")
_FITTING = re.compile(r"[A-Za-z0-9 _-]")


@dataclass(frozen=True)
class Emulation:
    """What came out.

    Attributes:
        works: Whether a superuser can emulate this account now; None when Atmosphere did not tell.
        why: What stands against it, or what to know; the weightiest first.
    """

    works: bool | None
    why: tuple[str, ...]


def judge(username: str, rights: StaffRights | None, *, told: bool, closed: bool) -> Emulation:
    """Return whether the account of this name can be emulated through Troposphere.

    Args:
        username: The name, as it stands in the database.
        rights: The account's on Atmosphere; None when there is none.
        told: Whether Atmosphere's database told at all.
        closed: Whether a maintenance closes Atmosphere now.

    Source: troposphere/urls.py and emulation.py of Troposphere v36, api/v1/views/token.py of Atmosphere v37.
    """
    against = []
    if not _ADDRESS.fullmatch(username):
        against.append(f"{_misfit(username)}; Troposphere shows its ordinary page and says nothing")
    if not told:
        return Emulation(False if against else None, (*against, "whether Atmosphere has the account is not known"))
    if rights is None:
        against.append("Atmosphere has no account of this name (404)")
    if closed:
        against.append("a maintenance closes Atmosphere's API (503)")
    known = ["only a superuser on Atmosphere can do it; staff alone is refused (401)"]
    if rights is not None and not rights.can_act:
        known.insert(0, "the account is disabled: Atmosphere's API refuses what is done in its name")
    return Emulation(not against, (*against, *known))


def _misfit(username: str) -> str:
    """Return what in a name the address does not take."""
    odd = next((char for char in username if not _FITTING.fullmatch(char)), "")
    if odd:
        return f"the address takes no {odd!r} in a name"
    return "the address takes blanks, _ and - only one at a time, between letters or digits"
