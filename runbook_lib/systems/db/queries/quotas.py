"""Identities and their quotas: the identity of a user, the quota row with given values, and the meaning of NULL."""

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
    """Return the identity of a user on a provider, with its quota.

    Raises:
        TargetNotFound: The user has no identity on the provider.
        Refused: The user has several; the database does not show which one is in use.
    """
    identities = Identity.objects.filter(created_by_id=user.pk).select_related("quota", "provider").order_by("pk")
    on_provider = [identity for identity in identities if identity.provider_id == provider_id]
    if not on_provider:
        providers = ", ".join(f"{identity.provider_id} ({identity.provider.location})" for identity in identities)
        raise TargetNotFound(
            kind="identity",
            key=f"of {user.username} on provider {provider_id}",
            where="the atmosphere database",
            next_step=(
                f"use a provider on which {user.username} has an identity: {providers}"
                if providers
                else "check the username: this user has no identity on any provider"
            ),
        )
    if len(on_provider) > 1:
        listed = "; ".join(
            f"identity {identity.pk}, {identity.uuid}, quota {identity.quota_id}" for identity in on_provider
        )
        raise Refused(
            what=f"{user.username} has {len(on_provider)} identities on provider {provider_id}: {listed}",
            why="the database does not show which one is in use, and Atmosphere's own switch_user_quota.py fails too",
            next_step="change the identity that the user's instances belong to, under /admin/core/identity/ID",
        )
    return on_provider[0]


def values(quota: Quota) -> Values:
    """Return a quota's values by column."""
    return {name: getattr(quota, name) for name in FIELDS}


def find_equal(limits: Mapping[str, int | None]) -> Quota | None:
    """Return the quota row with exactly these values and the lowest id; None if there is none."""
    conditions = {
        f"{name}__isnull" if limits[name] is None else name: True if limits[name] is None else limits[name]
        for name in FIELDS
    }
    return Quota.objects.filter(**conditions).order_by("pk").first()


def new_quota(limits: Mapping[str, int | None]) -> Quota:
    """Return an unsaved quota row. The same values give the same uuid, so that every plan is the same."""
    text = ",".join(str(limits[name]) for name in FIELDS)
    keys = (uuid.uuid5(_NAMESPACE, f"{text}#{number}") for number in itertools.count())
    # A uuid in use belongs to a row whose values were edited after its creation.
    return Quota(uuid=next(key for key in keys if not Quota.objects.filter(uuid=key).exists()), **limits)


def has_credentials(identity: Identity) -> bool:
    """Return whether the identity has a credential; without one, nothing is sent to the cloud."""
    return Credential.objects.filter(identity_id=identity.pk).exists()


def describe(quota: Mapping[str, int | None]) -> str:
    """Return a quota as text; NULL and every value that upstream counts as no limit are *unlimited*."""
    return ", ".join(f"{name} {_limit(name, quota[name])}" for name in FIELDS)


def has_unlimited(quota: Mapping[str, int | None]) -> bool:
    """Return whether any value of the quota is unlimited."""
    return any(is_unlimited(name, quota[name]) for name in FIELDS)


def is_unlimited(name: str, value: int | None) -> bool:
    """Return whether upstream counts a value as no limit.

    Source: core/models/quota.py of Atmosphere v37.
    """
    return value is None or value < 0 or (value == 0 and name in {"storage", "storage_count"})


def _limit(name: str, value: int | None) -> str:
    if is_unlimited(name, value):
        return f"unlimited ({'NULL' if value is None else value})"
    return str(value)
