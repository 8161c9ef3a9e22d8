"""Accounts of both sites: look them up, count the superusers, and say what upstream's own save would write."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.model import RowUpdate
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, UserProfile
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser, UserPreferences

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runbook_lib.model import Change, RowChange, RowExpect

Account = AtmosphereUser | TroposphereUser


def find(model: type[Account], username: str) -> Account | None:
    """Return the account of exactly this name, or None."""
    return model._base_manager.filter(username=username).first()


def atmosphere_user(username: str) -> AtmosphereUser:
    """Return Atmosphere's account.

    Raises:
        TargetNotFound: There is none; it appears at the user's first login.
    """
    user = AtmosphereUser.objects.filter(username=username).first()
    if user is None:
        raise not_found(AtmosphereUser, username)
    return user


def not_found(model: type[Account], username: str) -> TargetNotFound:
    """Return the error for a name that a site does not know, with the names most like it."""
    site = model._meta.app_label
    starts = model._base_manager.filter(username__istartswith=username[:2]).values_list("username", flat=True)
    similar = difflib.get_close_matches(username, starts[:5000], n=3, cutoff=0.7)
    return TargetNotFound(
        kind="user",
        key=repr(username),
        where=f"the {site} database",
        similar=[repr(name) for name in similar],
        next_step=(
            "check the spelling under Admin > Manage Users; the account is made when the user logs in to "
            f"{site.title()} for the first time: ask them to log in once, then run this again"
        ),
    )


def is_effective(user: Account) -> bool:
    """Tell whether the account can act at all: active and not end-dated."""
    return user.is_active and user.end_date is None


def other_superuser(user: Account) -> Account | None:
    """Return another account of the same site that is a superuser and can act, or None."""
    others = type(user)._base_manager.filter(is_superuser=True, is_active=True, end_date=None)
    return others.exclude(pk=user.pk).order_by("pk").first()


def superuser_stays(user: Account) -> tuple[RowExpect, ...]:
    """Return the demand that another superuser stays when `user` ceases to be one; nothing if `user` is none now.

    Raises:
        Refused: There is no other one that can act.
    """
    if not (user.is_superuser and is_effective(user)):
        return ()
    other = other_superuser(user)
    if other is None:
        site = user._meta.app_label.title()
        raise Refused(
            what=f"{user.username} is the last superuser of {site}",
            why="without one, nobody could emulate users, use the admin pages, or grant access from the web again",
            next_step="make somebody else a superuser first, with grant_staff; then run this again",
        )
    return (edits.expect(other, "is_superuser", "is_active", "end_date"),)


def superusers_stay(changes: Iterable[Change]) -> tuple[RowExpect, ...]:
    """Return what `superuser_stays` demands for every account that these changes would take the flag from.

    Raises:
        Refused: As `superuser_stays` does.
    """
    models = {model._meta.db_table: model for model in (AtmosphereUser, TroposphereUser)}
    losing = (
        models[change.table]._base_manager.filter(**change.pk).first()
        for change in changes
        if isinstance(change, RowUpdate) and change.table in models and change.after.get("is_superuser") is False
    )
    return tuple(expect for user in losing if user is not None for expect in superuser_stays(user))


def saved_with_atmosphere_user(user: AtmosphereUser) -> tuple[RowChange, ...]:
    """Return what Atmosphere writes beside the user's own row: the profile, when there is none.

    Source: the post_save hook in core/models/user.py of Atmosphere v37.
    """
    if UserProfile.objects.filter(user_id=user.pk).exists():
        return ()
    return (edits.insert(UserProfile(user_id=user.pk), unless=("user_id",)),)


def saved_with_troposphere_user(user: TroposphereUser, *, now: datetime) -> tuple[RowChange, ...]:
    """Return what Troposphere writes beside the user's own row: the preferences, made or touched.

    Raises:
        Refused: The user has several rows of preferences; Troposphere's own save fails on that too.

    Source: the post_save hook in api/models.py of Troposphere v36.
    """
    rows = list(UserPreferences.objects.filter(user_id=user.pk).order_by("pk"))
    if len(rows) > 1:
        keys = ", ".join(str(row.pk) for row in rows)
        raise Refused(
            what=f"{user.username} has {len(rows)} rows in api_userpreferences (id {keys}); there must be at most one",
            why="Troposphere itself fails with MultipleObjectsReturned whenever it saves this user",
            next_step="delete all but one of them under /tropo-admin, then run this again",
        )
    if rows:
        return edits.update(rows[0], modified_date=now)
    preferences = UserPreferences(user_id=user.pk, created_date=now, modified_date=now)
    return (edits.insert(preferences, unless=("user_id",)),)
