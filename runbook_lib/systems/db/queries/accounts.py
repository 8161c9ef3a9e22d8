"""Accounts of both sites: lookup, the remaining superusers, and the rows that upstream's save also writes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from django.db.models import F, Q

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.model import RowUpdate
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, CloudAdministrator, UserProfile
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser, UserPreferences

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from runbook_lib.model import Change, RowChange, RowExpect

Account = AtmosphereUser | TroposphereUser


def find(model: type[Account], username: str) -> Account | None:
    """Return the account with exactly this name, or None."""
    return model._base_manager.filter(username=username).first()


def atmosphere_user(username: str) -> AtmosphereUser:
    """Return a user's account on Atmosphere.

    Raises:
        TargetNotFound: The account does not exist; the user's first login creates it.
    """
    user = AtmosphereUser.objects.filter(username=username).first()
    if user is None:
        raise account_not_found(AtmosphereUser, username)
    return user


def account_not_found(model: type[Account], username: str) -> TargetNotFound:
    """Return the error for a name without an account on a site, with the most similar names."""
    site = model._meta.app_label
    starts = model._base_manager.filter(username__istartswith=username[:2]).values_list("username", flat=True)
    similar = difflib.get_close_matches(username, starts[:5000], n=3, cutoff=0.7)
    return TargetNotFound(
        kind="user",
        key=repr(username),
        where=f"the {site} database",
        similar=[repr(name) for name in similar],
        next_step=(
            "check the spelling under Admin > Manage Users; the user's first login creates the account, so ask the "
            f"user to log in to {site.title()} once, then run the command again"
        ),
    )


def is_enabled(user: Account, *, now: datetime) -> bool:
    """Return whether the account is usable: active, and its end date, if any, has not passed.

    Source: ``is_enabled`` in core/models/user.py:129-138 of Atmosphere v37-5.
    """
    return user.is_active and (user.end_date is None or user.end_date > now)


def other_superuser(user: Account, *, now: datetime) -> Account | None:
    """Return another usable superuser of the same site, preferably one without an end date; None if there is none."""
    active = type(user)._base_manager.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    enabled = active.filter(Q(end_date=None) | Q(end_date__gt=now))
    return enabled.order_by(F("end_date").desc(nulls_first=True), "pk").first()


def cloud_administrators(user: AtmosphereUser) -> list[CloudAdministrator]:
    """Return the rows that make a user a cloud administrator, with their providers.

    Such a row alone lets the user set ``is_staff`` and ``is_superuser`` of every account, including the own one.

    Source: ``CloudAdminRequired`` in api/permissions.py:221-234, and api/v2/views/user.py:82-89, of Atmosphere v37-5.
    """
    return list(CloudAdministrator.objects.filter(user_id=user.pk).select_related("provider").order_by("pk"))


def expect_other_superuser(user: Account, *, now: datetime) -> tuple[RowExpect, ...]:
    """Return the condition that another superuser remains after `user`; empty if `user` is not a superuser now.

    Raises:
        Refused: The site has no other usable superuser.
    """
    if not (user.is_superuser and is_enabled(user, now=now)):
        return ()
    other = other_superuser(user, now=now)
    if other is None:
        site = user._meta.app_label.title()
        raise Refused(
            what=f"{user.username} is the last superuser of {site}",
            why="without a superuser, nobody can emulate users, use the admin pages, or grant access on the web",
            next_step="first make another user a superuser with grant_staff, then run the command again",
        )
    return (edits.expect(other, "is_superuser", "is_active", "end_date"),)


def expect_other_superusers(changes: Iterable[Change], *, now: datetime) -> tuple[RowExpect, ...]:
    """Return the conditions of `expect_other_superuser` for every account that loses the flag by these changes.

    Raises:
        Refused: The site has no other usable superuser.
    """
    models = {model._meta.db_table: model for model in (AtmosphereUser, TroposphereUser)}
    losing = (
        models[change.table]._base_manager.filter(**change.pk).first()
        for change in changes
        if isinstance(change, RowUpdate) and change.table in models and change.after.get("is_superuser") is False
    )
    return tuple(expect for user in losing if user is not None for expect in expect_other_superuser(user, now=now))


def atmosphere_hook_changes(user: AtmosphereUser) -> tuple[RowChange, ...]:
    """Return the change that Atmosphere also makes when it saves a user: it adds the profile if it is missing.

    Source: the post_save hook in core/models/user.py of Atmosphere v37.
    """
    if UserProfile.objects.filter(user_id=user.pk).exists():
        return ()
    return (edits.insert(UserProfile(user_id=user.pk), unless=("user_id",)),)


def troposphere_hook_changes(user: TroposphereUser, *, now: datetime) -> tuple[RowChange, ...]:
    """Return the change that Troposphere also makes when it saves a user: it adds or touches the preferences.

    Raises:
        Refused: The user has several rows of preferences. Troposphere's own save fails on them too.

    Source: the post_save hook in api/models.py of Troposphere v36.
    """
    rows = list(UserPreferences.objects.filter(user_id=user.pk).order_by("pk"))
    if len(rows) > 1:
        keys = ", ".join(str(row.pk) for row in rows)
        raise Refused(
            what=f"{user.username} has {len(rows)} rows in api_userpreferences (id {keys}), but at most one is allowed",
            why="Troposphere fails with MultipleObjectsReturned each time it saves this user",
            next_step="delete all but one of these rows under /tropo-admin, then run the command again",
        )
    if rows:
        return edits.update(rows[0], modified_date=now)
    preferences = UserPreferences(user_id=user.pk, created_date=now, modified_date=now)
    return (edits.insert(preferences, unless=("user_id",)),)
