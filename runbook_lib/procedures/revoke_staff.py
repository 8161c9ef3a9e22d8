"""Revoke a user's staff access on Atmosphere, on Troposphere, or on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import USERNAME
from runbook_lib.systems.db.access import edits, passwords
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser
from runbook_lib.systems.db.queries import accounts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runbook_lib.model import RowChange, RowExpect
    from runbook_lib.systems.db.models.atmosphere.models import CloudAdministrator
    from runbook_lib.world.world import World

GROUP = "Staff and accounts"
MINUTES = 3
NEEDS = ("atmosphere", "troposphere")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The user, and where to revoke the access."""

    username: str = USERNAME(example="staffmember")
    site: Literal["both", "atmosphere", "troposphere"] = param("Where to revoke staff access.", default="both")


def plan(world: World, params: Params) -> Plan:
    """Return the flags to clear on each site, what upstream's save writes with them, and the rows to delete.

    A row of a cloud administrator alone lets a user set both flags again, so the revocation deletes it too.

    Raises:
        TargetNotFound: No site that was named knows the user.
        Refused: The user is a site's last superuser who can log in, or has duplicate preferences on Troposphere.
    """
    models = {"both": (AtmosphereUser, TroposphereUser), "atmosphere": (AtmosphereUser,)}
    chosen: tuple[type[accounts.Account], ...] = models.get(params.site, (TroposphereUser,))
    users = [user for model in chosen if (user := accounts.find(model, params.username)) is not None]
    if not users:
        raise accounts.account_not_found(chosen[0], params.username)
    changes: list[RowChange] = []
    expects: list[RowExpect] = []
    warnings = [
        f"{params.username} has no account in the {model._meta.app_label} database: there is nothing to revoke there"
        for model in chosen
        if model not in {type(user) for user in users}
    ]
    for user in users:
        if flags := edits.update(user, is_staff=False, is_superuser=False):
            expects += accounts.expect_other_superuser(user, now=world.now())
            changes += [*flags, *_saved_with(user, world)]
        if isinstance(user, AtmosphereUser):
            rows = accounts.cloud_administrators(user)
            changes += map(edits.delete, rows)
            warnings += _cloud_administrator(rows)
        if passwords.is_usable(user.password):
            site = user._meta.app_label.title()
            warnings.append(f"the account keeps a usable password on {site}; it opens no admin page without the flag")
    if changes:
        return Plan(changes=tuple(changes), warnings=tuple(warnings), expects=tuple(expects))
    where = " and ".join(user._meta.app_label.title() for user in users)
    because = f"{params.username} is neither staff, superuser nor cloud administrator on {where}"
    return Plan(because=because, warnings=tuple(warnings))


def undo_expects(undo: Plan, now: datetime) -> tuple[RowExpect, ...]:
    """Apply the procedure's own rule to an undo, which might remove the flags again."""
    return accounts.expect_other_superusers(undo.changes, now=now)


def _cloud_administrator(rows: Sequence[CloudAdministrator]) -> list[str]:
    """Return why these rows are deleted; empty if there are none."""
    if not rows:
        return []
    providers = ", ".join(row.provider.location for row in rows)
    warning = (
        f"the user is a cloud administrator of {providers}. That alone allows setting both flags of any account "
        "through Atmosphere's API, so these rows are deleted"
    )
    return [warning]


def _saved_with(user: accounts.Account, world: World) -> tuple[RowChange, ...]:
    if isinstance(user, AtmosphereUser):
        return accounts.atmosphere_hook_changes(user)
    return accounts.troposphere_hook_changes(user, now=world.now())
