"""Give a user staff access on Atmosphere, on Troposphere, or on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.config.secrets import SecretReference
from runbook_lib.errors import TargetNotFound
from runbook_lib.model import RowChange, RowExpect, Sealed
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import USERNAME
from runbook_lib.systems.db.access import edits, passwords
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from runbook_lib.systems.db.queries import accounts

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.world.world import World

GROUP = "Staff and accounts"
MINUTES = 3
NEEDS = ("atmosphere", "troposphere")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The user, and the rights to give."""

    username: str = USERNAME(example="joetest")
    site: Literal["both", "atmosphere", "troposphere"] = param("Where to give staff access.", default="both")
    superuser: bool = param(
        "Also make the user a superuser. Emulating others and all tables of the admin pages require it.", default=True
    )
    password: SecretReference | None = param(
        "A new password for the admin pages, by reference: env:NAME, file:/path or prompt. Only sites whose login "
        "includes Django's ModelBackend accept a password.",
        default=None,
        example="env:NEW_PASSWORD",
    )


def plan(world: World, params: Params) -> Plan:
    """Return the flags to set on each site, and the rows that upstream's own save would write with them.

    Raises:
        TargetNotFound: The user does not exist on a site; the first login there creates the row.
        Refused: The user has duplicate preferences on Troposphere.

    Source: 2.1 and 2.2 are from core/models/user.py of Atmosphere v37 and troposphere/models.py of Troposphere v36.
    """
    changes: list[RowChange] = []
    warnings: list[str] = []
    if params.site != "troposphere":
        user = accounts.atmosphere_user(params.username)
        changes += [*_flags(world, user, params), *accounts.atmosphere_hook_changes(user)]
        warnings += _warnings(user, "Atmosphere", world.now())
    if params.site != "atmosphere":
        account = _troposphere_user(params)
        if flags := _flags(world, account, params):
            changes += [*flags, *accounts.troposphere_hook_changes(account, now=world.now())]
        warnings += _warnings(account, "Troposphere", world.now())
    if params.password:
        warnings.append(
            "the password works only where AUTHENTICATION_BACKENDS has django.contrib.auth.backends.ModelBackend; "
            "it has no effect on a site where users log in only through CAS, LDAP or OpenStack"
        )
    if not params.superuser:
        warnings.append("staff without superuser cannot emulate other users, and sees no table in the admin pages")
    if changes:
        return Plan(changes=tuple(changes), warnings=tuple(warnings))
    rights = "staff and superuser" if params.superuser else "staff"
    sites = {"both": "on both sites"}.get(params.site, f"on {params.site.title()}")
    return Plan(because=f"{params.username} is already {rights} {sites}", warnings=tuple(warnings))


def undo_expects(undo: Plan, now: datetime) -> tuple[RowExpect, ...]:
    """Refuse to undo the flag of a site's last superuser."""
    return accounts.expect_other_superusers(undo.changes, now=now)


def _flags(world: World, user: accounts.Account, params: Params) -> tuple[RowChange, ...]:
    """Return the update of the user's own row, with only the columns that change."""
    values: dict[str, object] = {"is_staff": True}
    if params.superuser:
        values["is_superuser"] = True
    if params.password and not passwords.matches(world.vault.resolve(params.password), user.password):
        values["password"] = Sealed(source=params.password.source)
    return edits.update(user, **values)


def _troposphere_user(params: Params) -> TroposphereUser:
    user = TroposphereUser.objects.filter(username=params.username).first()
    if user is None:
        missing = accounts.account_not_found(TroposphereUser, params.username)
        raise TargetNotFound(
            kind="user",
            key=repr(params.username),
            where="the troposphere database",
            similar=missing.similar,
            next_step=(
                "the first login to Troposphere creates the row: ask the user to log in there once, then plan again; "
                "to give access to Atmosphere alone now, use site=atmosphere"
            ),
        )
    return user


def _warnings(user: accounts.Account, site: str, now: datetime) -> list[str]:
    if accounts.is_enabled(user, now=now):
        return []
    return [
        f"the account is disabled on {site} (not active, or end-dated): the flags have no effect until it is enabled"
    ]
