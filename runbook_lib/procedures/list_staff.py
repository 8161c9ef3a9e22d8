"""List the accounts with rights on both sites, the differences between the sites, and the usable passwords."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Inspection, Step, Table, Value, to_plan
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from runbook_lib.systems.db.queries import staff
from runbook_lib.systems.db.queries.accounts import Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook_lib.systems.db.queries.staff import StaffRights
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Staff and accounts"
MINUTES = 2
NEEDS = ("atmosphere or troposphere",)
OPTIONAL = {"atmosphere": "the staff there", "troposphere": "the staff there"}
_MODELS: dict[str, type[Account]] = {"atmosphere": AtmosphereUser, "troposphere": TroposphereUser}
_NO_ACCOUNT = "no account"
_NOTE = (
    "emulation needs superuser on Atmosphere; /tropo-admin and working during a maintenance need staff on Troposphere"
)
_CLOUD_ADMINISTRATORS = (
    "through Atmosphere's API, such a user can set staff and superuser of any account; revoke_staff deletes the row"
)


def inspect(world: World) -> Inspection:
    """Return all accounts with rights, both sites side by side.

    Reads the user tables and the cloud administrators, but no password.

    Raises:
        NotConnected: Neither site responds; with only one site, the list is partial and says so.
    """
    first = world.ask({name: partial(staff.read_staff, model, now=world.now()) for name, model in _MODELS.items()})
    first.require_any()
    admins = [pair for site in first.responses.values() for pair in site.cloud_administrators]
    names = {username for site in first.responses.values() for username in site.rights}
    names |= {username for username, _ in admins}
    answers = world.ask(
        {name: partial(staff.rights, _MODELS[name], names, now=world.now()) for name in first.responses}
    )
    rows = [_row(username, answers) for username in sorted(names)]
    differing = [row for row in rows if row[-1]]
    passwords = [(site, username) for site, rights in first.responses.items() for username in rights.passwords]
    return Inspection(
        answer=f"{len(names)} accounts have rights; {len(differing)} differ between the sites; "
        f"{len({username for _, username in passwords})} can log in with a password where the site allows it.",
        parts=(
            Table("Accounts with rights", ("user", *_columns(answers), "differs"), tuple(rows), note=_NOTE),
            Table("Cloud administrators", ("user", "provider"), tuple(admins), note=_CLOUD_ADMINISTRATORS),
            Table(
                "Accounts with a usable password",
                ("site", "user"),
                tuple(passwords),
                note="a password works only where AUTHENTICATION_BACKENDS names Django's ModelBackend",
            ),
        ),
        gaps=first.gaps + answers.gaps,
        steps=tuple(_steps(differing)),
    )


def _columns(answers: Answers) -> tuple[str, ...]:
    return tuple(f"{column} {site.title()}" for site in answers.responses for column in ("on", "last login at"))


def _row(username: str, answers: Answers) -> tuple[Value, ...]:
    sites = {site: rights.get(username) for site, rights in answers.responses.items()}
    cells: list[Value] = []
    for rights in sites.values():
        cells += [_in_words(rights), rights.last_login if rights else None]
    return (username, *cells, _difference(sites))


def _in_words(rights: StaffRights | None) -> str:
    if rights is None:
        return _NO_ACCOUNT
    verb = "ends" if rights.can_act else "ended"
    ended = f", {verb} {rights.ended:%Y-%m-%d}" if rights.ended else ""
    return f"{rights.flags}{'' if rights.is_active else ', inactive'}{ended}"


def _difference(sites: Mapping[str, StaffRights | None]) -> str:
    """Return the rights that differ between the sites; empty when none does, or when only one site responded."""
    if len(sites) < len(_MODELS):
        return ""
    atmosphere, troposphere = sites["atmosphere"], sites["troposphere"]
    if atmosphere is None or troposphere is None:
        return f"{_NO_ACCOUNT} on " + ("Atmosphere" if atmosphere is None else "Troposphere")
    rights = [
        right
        for right, differs in (
            ("staff", atmosphere.is_staff != troposphere.is_staff),
            ("superuser", atmosphere.is_superuser != troposphere.is_superuser),
            ("active", atmosphere.can_act != troposphere.can_act),
        )
        if differs
    ]
    return ", ".join(rights)


def _steps(differing: list[tuple[Value, ...]]) -> Iterator[Step]:
    """Yield the steps for users whose rights differ; only an account on both sites can have the same rights on both."""
    on_both = [row[0] for row in differing if not str(row[-1]).startswith(_NO_ACCOUNT)]
    if on_both:
        yield Step("Give a user the same rights on both sites.", *to_plan("grant_staff", username=on_both[0]))
    if differing:
        yield Step("Revoke the rights of a user who left.", *to_plan("revoke_staff", username=differing[0][0]))
