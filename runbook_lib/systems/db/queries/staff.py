"""Accounts with rights on a site, and accounts with a usable password; no hash is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

if TYPE_CHECKING:
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
    """

    is_staff: bool
    is_superuser: bool
    is_active: bool
    ended: datetime | None
    last_login: datetime | None

    @property
    def flags(self) -> str:
        """The rights as text."""
        names = ["superuser"] * self.is_superuser + ["staff"] * self.is_staff
        return " and ".join(names) or "no rights"

    @property
    def can_act(self) -> bool:
        """Whether the account is usable: active and not end-dated."""
        return self.is_active and self.ended is None


@dataclass(frozen=True)
class SiteStaff:
    """The rights and passwords on one site.

    Attributes:
        rights: Username → rights, for every account with rights.
        passwords: The names of the accounts with a usable password, sorted; at most 1000.
    """

    rights: dict[str, StaffRights]
    passwords: tuple[str, ...]


def read_staff(model: type[Account]) -> SiteStaff:
    """Return the accounts with rights on a site, and those with a usable password. Reads the site's user table.

    Source: Django 1.11's ``is_password_usable``: an unusable password begins with an exclamation mark.
    """
    with_rights = model._base_manager.filter(Q(is_staff=True) | Q(is_superuser=True)).values_list(*_COLUMNS)
    usable = model._base_manager.exclude(Q(password__startswith=_UNUSABLE) | Q(password="")).order_by("username")
    return SiteStaff(
        rights={name: StaffRights(*values) for name, *values in with_rights.order_by("username")},
        passwords=tuple(usable.values_list("username", flat=True)[:_MAX_ACCOUNTS]),
    )


def rights(model: type[Account], usernames: set[str]) -> dict[str, StaffRights]:
    """Return username → rights for those of these accounts that exist on a site."""
    rows = model._base_manager.filter(username__in=sorted(usernames)).values_list(*_COLUMNS)
    return {name: StaffRights(*values) for name, *values in rows}
