"""Identities and their quotas: which identity is meant, which quota row has these values, what NULL means."""

from __future__ import annotations

import itertools
import uuid
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.model.quota import FIELDS
from runbook_lib.systems.db.models.atmosphere.models import Credential, Identity, Quota

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser

Values = dict[str, int | None]
_NAMESPACE = uuid.UUID("6f1d2c3a-8f0e-5b7c-9a54-3f2b9d0c7e11")


def identity(user: AtmosphereUser, provider_id: int) -> Identity:
    """Return the one identity of a user on a provider, with its quota.

    Raises:
        TargetNotFound: There is none.
        Refused: There are several; nothing in the database tells which is meant.
    """
    of_user = Identity.objects.filter(created_by_id=user.pk).select_related("quota", "provider").order_by("pk")
    found = [one for one in of_user if one.provider_id == provider_id]
    if not found:
        others = ", ".join(f"{one.provider_id} ({one.provider.location})" for one in of_user)
        raise TargetNotFound(
            kind="identity",
            key=f"of {user.username} on provider {provider_id}",
            where="the atmosphere database",
            next_step=f"{user.username} has identities on: {others}" if others else "the user has no identity at all",
        )
    if len(found) > 1:
        listed = "; ".join(f"identity {one.pk}, {one.uuid}, quota {one.quota_id}" for one in found)
        raise Refused(
            what=f"{user.username} has {len(found)} identities on provider {provider_id}: {listed}",
            why="Atmosphere's own switch_user_quota.py fails on that, and nothing tells which one is used",
            next_step="change it under /admin/core/identity/ID, for the one that the user's instances belong to",
        )
    return found[0]


def values(of: Quota) -> Values:
    """Return a quota's values by column."""
    return {name: getattr(of, name) for name in FIELDS}


def equal(wanted: Mapping[str, int | None]) -> Quota | None:
    """Return the quota row of exactly these values, of several the one with the lowest key; None when there is none."""
    conditions = {
        f"{name}__isnull" if wanted[name] is None else name: True if wanted[name] is None else wanted[name]
        for name in FIELDS
    }
    return Quota.objects.filter(**conditions).order_by("pk").first()


def new(wanted: Mapping[str, int | None]) -> Quota:
    """Return an unsaved quota row; the same values give the same uuid, so that a plan is the same each time."""
    text = ",".join(str(wanted[name]) for name in FIELDS)
    keys = (uuid.uuid5(_NAMESPACE, f"{text}#{number}") for number in itertools.count())
    # One that is taken belongs to a row that was edited afterwards.
    return Quota(uuid=next(key for key in keys if not Quota.objects.filter(uuid=key).exists()), **wanted)


def has_credentials(of: Identity) -> bool:
    """Tell whether the identity has any credential; without one nothing is sent to the cloud."""
    return Credential.objects.filter(identity_id=of.pk).exists()


def in_words(quota: Mapping[str, int | None]) -> str:
    """Return a quota for people: NULL and what upstream counts as no limit are *unlimited*."""
    return ", ".join(f"{name} {_limit(name, quota[name])}" for name in FIELDS)


def has_unlimited(quota: Mapping[str, int | None]) -> bool:
    """Tell whether any of its limits is none."""
    return any(is_unlimited(name, quota[name]) for name in FIELDS)


def is_unlimited(name: str, value: int | None) -> bool:
    """Tell whether upstream takes a value for no limit.

    Source: core/models/quota.py of Atmosphere v37.
    """
    return value is None or value < 0 or (value == 0 and name in {"storage", "storage_count"})


def _limit(name: str, value: int | None) -> str:
    if is_unlimited(name, value):
        return f"unlimited ({'NULL' if value is None else value})"
    return str(value)
