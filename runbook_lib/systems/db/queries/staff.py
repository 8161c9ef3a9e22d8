"""Accounts with rights on a site, and accounts with a usable password; no hash is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, CloudAdministrator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runbook_lib.systems.db.queries.accounts import Account

_COLUMNS = ("username", "is_staff", "is_superuser", "is_active", "end_date", "last_login")
_MAX_ACCOUNTS = 1000
_UNUSABLE = "!"


@dataclass(frozen=True)
class StaffRights:
    """The rights of one account on one site.

    Attributes:
        staff: ``is_staff``.
        superuser: ``is_superuser``.
        active: ``is_active``.
        ended: ``end_date``; aware, None if it has none.
        last_login: The time of the last login; aware, None if the user never logged in.
        can_act: Whether the account is usable: active, and its end date, if any, has not passed.
    """

    is_staff: bool
    is_superuser: bool
    is_active: bool
    ended: datetime | None
    last_login: datetime | None
    can_act: bool

    @property
    def flags(self) -> str:
        """The rights as text."""
        names = ["superuser"] * self.is_superuser + ["staff"] * self.is_staff
        return " and ".join(names) or "no rights"


@dataclass(frozen=True)
class SiteStaff:
    """The rights and passwords on one site.

    Attributes:
        rights: Username → rights, for every account with rights.
        passwords: The names of the accounts with a usable password, sorted; at most 1000.
        cloud_administrators: Pairs of a username and a provider's name, sorted; empty on Troposphere.
    """

    rights: dict[str, StaffRights]
    passwords: tuple[str, ...]
    cloud_administrators: tuple[tuple[str, str], ...]


def read_staff(model: type[Account], *, now: datetime) -> SiteStaff:
    """Return the accounts with rights on a site, and those with a usable password.

    Reads the site's user table, and Atmosphere's table of cloud administrators, who pass ``CloudAdminRequired`` in
    api/permissions.py:221-234 of Atmosphere v37-5 without being staff.

    Source: Django 1.11's ``is_password_usable``: an unusable password begins with an exclamation mark.
    """
    with_rights = model._base_manager.filter(Q(is_staff=True) | Q(is_superuser=True)).values_list(*_COLUMNS)
    usable = model._base_manager.exclude(Q(password__startswith=_UNUSABLE) | Q(password="")).order_by("username")
    return SiteStaff(
        rights={name: _rights(values, now) for name, *values in with_rights.order_by("username")},
        passwords=tuple(usable.values_list("username", flat=True)[:_MAX_ACCOUNTS]),
        cloud_administrators=_cloud_administrators() if model is AtmosphereUser else (),
    )


def rights(model: type[Account], usernames: set[str], *, now: datetime) -> dict[str, StaffRights]:
    """Return username → rights for those of these accounts that exist on a site."""
    rows = model._base_manager.filter(username__in=sorted(usernames)).values_list(*_COLUMNS)
    return {name: _rights(values, now) for name, *values in rows}


def _rights(row: Sequence[Any], now: datetime) -> StaffRights:
    """Return the rights of the columns `_COLUMNS` without the name.

    Source: ``is_enabled`` in core/models/user.py:129-138 of Atmosphere v37-5.
    """
    is_staff, is_superuser, is_active, ended, last_login = row
    can_act = is_active and (ended is None or ended > now)
    return StaffRights(is_staff, is_superuser, is_active, ended, last_login, can_act)


def _cloud_administrators() -> tuple[tuple[str, str], ...]:
    rows = CloudAdministrator.objects.order_by("user__username", "provider__location")
    return tuple(rows.values_list("user__username", "provider__location"))
