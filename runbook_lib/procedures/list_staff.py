"""List who has rights on both sites, where the sites differ, and who could log in with a password."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Inspection, Step, Table, Value, to_plan
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from runbook_lib.systems.db.queries import staff
from runbook_lib.systems.db.queries.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.db.queries.staff import StaffRights
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("atmosphere or troposphere",)
TELLS_MORE = {"atmosphere": "who is staff there", "troposphere": "who is staff there"}
_MODELS: dict[str, type[Account]] = {"atmosphere": AtmosphereUser, "troposphere": TroposphereUser}
_NOTE = (
    "emulation needs superuser on Atmosphere; /tropo-admin and working during a maintenance need staff on Troposphere"
)


def inspect(world: World) -> Inspection:
    """Return everybody with rights, both sites side by side. Reads the user tables, and no password.

    Raises:
        NotConnected: Neither site answers; with one of them the list is partial, and says so.
    """
    first = world.ask({name: partial(staff.read_staff, model) for name, model in _MODELS.items()})
    first.require_any()
    names = {username for site in first.responses.values() for username in site.rights}
    answers = world.ask({name: partial(staff.rights, _MODELS[name], names) for name in first.responses})
    rows = [_row(username, answers) for username in sorted(names)]
    differing = [row for row in rows if row[-1]]
    passwords = [(site, name) for site, told in first.responses.items() for name in told.passwords]
    return Inspection(
        answer=f"{len(names)} accounts have rights; {len(differing)} differ between the sites; "
        f"{len(passwords)} can log in with a password where the site lets them.",
        parts=(
            Table("Accounts with rights", ("user", *_columns(answers), "differs"), tuple(rows), note=_NOTE),
            Table(
                "Accounts with a usable password",
                ("site", "user"),
                tuple(passwords),
                note="a password helps only where AUTHENTICATION_BACKENDS names Django's ModelBackend",
            ),
        ),
        gaps=first.gaps + answers.gaps,
        steps=tuple(_steps(differing)),
    )


def _columns(answers: Answers) -> tuple[str, ...]:
    return tuple(f"{word} {site.title()}" for site in answers.responses for word in ("on", "last login at"))


def _row(username: str, answers: Answers) -> tuple[Value, ...]:
    found = {site: told.get(username) for site, told in answers.responses.items()}
    cells: list[Value] = []
    for rights in found.values():
        cells += [_words(rights), rights.last_login if rights else None]
    return (username, *cells, _difference(found))


def _words(rights: StaffRights | None) -> str:
    if rights is None:
        return "no account"
    ended = f", ended {rights.ended:%Y-%m-%d}" if rights.ended else ""
    return f"{rights.flags}{'' if rights.is_active else ', inactive'}{ended}"


def _difference(found: Mapping[str, StaffRights | None]) -> str:
    """Return what is not the same on both sites; empty when all is, or when only one site told."""
    if len(found) < len(_MODELS):
        return ""
    here, there = found["atmosphere"], found["troposphere"]
    if here is None or there is None:
        return "no account on " + ("Atmosphere" if here is None else "Troposphere")
    words = [
        word
        for word, differs in (
            ("staff", here.is_staff != there.is_staff),
            ("superuser", here.is_superuser != there.is_superuser),
            ("active", here.can_act != there.can_act),
        )
        if differs
    ]
    return ", ".join(words)


def _steps(differing: list[tuple[Value, ...]]) -> list[Step]:
    if not differing:
        return []
    username = differing[0][0]
    return [
        Step(
            "Give somebody the same rights on both sites.",
            *to_plan("grant_staff", username=username),
        ),
        Step(
            "Take the rights of somebody who left.",
            *to_plan("revoke_staff", username=username),
        ),
    ]
