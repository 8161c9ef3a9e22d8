"""Details of one user on Atmosphere: identities, quotas, allocations, instances, volumes, requests; no credentials."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Sum

from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSourceSnapshot,
    AtmosphereUser,
    Credential,
    Identity,
    IdentityMembership,
    InstanceAllocationSourceSnapshot,
    ResourceRequest,
    UserAllocationSnapshot,
    UserAllocationSource,
    Volume,
)
from runbook_lib.systems.db.queries import instance_status, open_imaging_requests, open_maintenance, quotas, staff

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from runbook_lib.systems.db.queries.instance_status import RunningInstances
    from runbook_lib.systems.db.queries.open_imaging_requests import Request
    from runbook_lib.systems.db.queries.staff import StaffRights

_MOST = 200
_MOCK = "mock"
_ENDED = ("denied", "closed", "approved")


@dataclass(frozen=True)
class UsersIdentity:
    """An account of the user on one cloud.

    Attributes:
        key: The row's id.
        provider_id: The provider's id.
        location: The provider's name.
        in_use: Whether the provider is active and has not ended.
        mock: Whether the provider has the type ``mock``, without a cloud behind it.
        quota_id: The id of the quota row, which identities can share.
        quota: The quota's values, as `quotas.values` returns them.
        has_credentials: Whether a credential exists; without one, nothing is sent to the cloud. No value is read.
        groups: The groups that can use the identity.
        ended: Whether all of these memberships have ended.
    """

    key: int
    provider_id: int
    location: str
    in_use: bool
    mock: bool
    quota_id: int
    quota: Mapping[str, int | None]
    has_credentials: bool
    groups: tuple[str, ...]
    ended: bool

    @property
    def provider(self) -> str:
        """The provider's id and name."""
        return f"{self.provider_id} {self.location}"


@dataclass(frozen=True)
class UsersSource:
    """An allocation source that the user can charge.

    Attributes:
        name: Its name.
        allowed: The allowed hours; a negative number means no limit.
        used: The hours that all users used since the last renewal; None without a snapshot.
        used_by_user: The hours that this user used; None without a snapshot.
        strategy: Its renewal strategy.
        renewed: The time of the last renewal; aware, None without a snapshot.
        ended: The end date; None if it has not been ended.
    """

    name: str
    allowed: int
    used: Decimal | None
    used_by_user: Decimal | None
    strategy: str
    renewed: datetime | None
    ended: datetime | None


@dataclass(frozen=True)
class Wish:
    """A resource request without a decision.

    Attributes:
        key: Its id.
        text: The requested resources, in the user's words.
        submitted: The time of submission; aware.
    """

    key: int
    text: str
    submitted: datetime


@dataclass(frozen=True)
class AccountDetails:
    """Atmosphere's data on one user.

    Attributes:
        rights: The flags of the account.
        identities: The identities, by provider.
        sources: The allocation sources, by name.
        instances: The instances that have not ended.
        charged: Row id of an instance → name of the allocation source that it is charged to.
        volumes: Provider id → number of volumes and their total size in GB.
        imaging: The open imaging requests.
        wishes: The resource requests without a decision.
        closed: Whether a maintenance closes Atmosphere now.
    """

    rights: StaffRights
    identities: tuple[UsersIdentity, ...]
    sources: tuple[UsersSource, ...]
    instances: RunningInstances
    charged: Mapping[int, str]
    volumes: Mapping[int, tuple[int, int]]
    imaging: tuple[Request, ...]
    wishes: tuple[Wish, ...]
    closed: bool


def read(username: str, *, now: datetime) -> AccountDetails | None:
    """Return Atmosphere's data on a user; None if the account does not exist. Reads about twenty tables by index."""
    # Only the key is read: the row contains the password hash.
    user = AtmosphereUser.objects.filter(username=username).values_list("pk", flat=True).first()
    if user is None:
        return None
    instances = instance_status.of_user(user)
    keys = [one.key for one in instances.instances]
    charged = InstanceAllocationSourceSnapshot.objects.filter(instance_id__in=keys[:_MOST])
    return AccountDetails(
        rights=staff.rights(AtmosphereUser, {username})[username],
        identities=tuple(_identities(user)),
        sources=tuple(_sources(user)),
        instances=instances,
        charged=dict(charged.values_list("instance_id", "allocation_source__name")),
        volumes=_volumes(user, now),
        imaging=tuple(open_imaging_requests.open_requests(created_by=user)),
        wishes=tuple(_wishes(user)),
        closed=any(one.closes for one in open_maintenance.site("atmosphere", now=now).closures),
    )


def _identities(user: int) -> list[UsersIdentity]:
    credentials = Credential.objects.filter(identity_id=OuterRef("pk"))
    found = Identity.objects.filter(created_by_id=user).annotate(has_credentials=Exists(credentials))
    rows = list(found.select_related("provider__type", "quota").order_by("provider_id", "pk"))
    groups: dict[int, list[tuple[str, datetime | None]]] = defaultdict(list)
    members = IdentityMembership.objects.filter(identity_id__in=[one.pk for one in rows]).order_by("pk")
    for key, name, end in members.values_list("identity_id", "member__group_ptr__name", "end_date"):
        groups[key].append((name, end))
    return [
        UsersIdentity(
            key=one.pk,
            provider_id=one.provider_id,
            location=one.provider.location,
            in_use=one.provider.active and one.provider.end_date is None,
            mock=one.provider.type.name == _MOCK,
            quota_id=one.quota_id,
            quota=quotas.values(one.quota),
            has_credentials=one.has_credentials,
            groups=tuple(name for name, _ in groups[one.pk]),
            ended=all(end is not None for _, end in groups[one.pk]),
        )
        for one in rows
    ]


def _sources(user: int) -> list[UsersSource]:
    links = UserAllocationSource.objects.filter(user_id=user).select_related("allocation_source")
    found = [link.allocation_source for link in links.order_by("allocation_source__name")]
    keys = [one.pk for one in found]
    sums = {
        row.allocation_source_id: row for row in AllocationSourceSnapshot.objects.filter(allocation_source__in=keys)
    }
    mine = UserAllocationSnapshot.objects.filter(user_id=user, allocation_source__in=keys)
    by_user = dict(mine.values_list("allocation_source_id", "compute_used"))
    return [
        UsersSource(
            name=one.name,
            allowed=one.compute_allowed,
            used=sums[one.pk].compute_used if one.pk in sums else None,
            used_by_user=by_user.get(one.pk),
            strategy=one.renewal_strategy,
            renewed=sums[one.pk].last_renewed if one.pk in sums else None,
            ended=one.end_date,
        )
        for one in found
    ]


def _volumes(user: int, now: datetime) -> dict[int, tuple[int, int]]:
    there = Volume.objects.filter(instance_source__created_by_id=user).exclude(instance_source__end_date__lte=now)
    rows = there.order_by().values_list("instance_source__provider_id").annotate(Count("pk"), Sum("size"))
    return {row[0]: (row[1], row[2]) for row in rows}


def _wishes(user: int) -> list[Wish]:
    waiting = ResourceRequest.objects.filter(created_by_id=user).exclude(status__name__in=_ENDED)
    return [Wish(*row) for row in waiting.order_by("-start_date").values_list("pk", "request", "start_date")[:_MOST]]
