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
    EventTable,
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

_RENEWED = "allocation_source_created_or_renewed"
_MAX_ROWS = 200
_MOCK = "mock"
_ENDED = ("denied", "closed", "approved")


@dataclass(frozen=True)
class UserIdentity:
    """An account of the user on one cloud.

    Attributes:
        key: The row's id.
        provider_id: The provider's id.
        location: The provider's name.
        is_in_use: Whether the provider is active and has not ended.
        is_mock: Whether the provider has the type ``mock``, without a cloud behind it.
        quota_id: The id of the quota row, which identities can share.
        quota: The quota's values, as `quotas.values` returns them.
        has_credentials: Whether a credential exists; without one, nothing is sent to the cloud. No value is read.
        groups: The groups that can use the identity.
        has_ended: Whether all of these memberships have ended.
    """

    key: int
    provider_id: int
    location: str
    is_in_use: bool
    is_mock: bool
    quota_id: int
    quota: Mapping[str, int | None]
    has_credentials: bool
    groups: tuple[str, ...]
    has_ended: bool

    @property
    def provider(self) -> str:
        """The provider's id and name."""
        return f"{self.provider_id} {self.location}"


@dataclass(frozen=True)
class UserSource:
    """An allocation source that the user can charge.

    Attributes:
        name: Its name.
        allowed: The allowed hours; a negative number means no limit.
        used: The hours that all users used since the last renewal; None without a snapshot.
        used_by_user: The hours that this user used; None without a snapshot.
        strategy: Its renewal strategy.
        renewed: The time of the last event of its creation or renewal; aware, None without such an event.
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
class WaitingRequest:
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
        charged_sources: Row id of an instance → name of the allocation source that it is charged to.
        volumes: Provider id → number of volumes and their total size in GB.
        imaging_requests: The open imaging requests.
        waiting_requests: The resource requests without a decision.
        is_closed: Whether a maintenance closes Atmosphere now.
    """

    rights: StaffRights
    identities: tuple[UserIdentity, ...]
    sources: tuple[UserSource, ...]
    instances: RunningInstances
    charged_sources: Mapping[int, str]
    volumes: Mapping[int, tuple[int, int]]
    imaging_requests: tuple[Request, ...]
    waiting_requests: tuple[WaitingRequest, ...]
    is_closed: bool


def read(username: str, *, now: datetime) -> AccountDetails | None:
    """Return Atmosphere's data on a user; None if the account does not exist. Reads about twenty tables by index."""
    # Only the key is read: the row contains the password hash.
    user = AtmosphereUser.objects.filter(username=username).values_list("pk", flat=True).first()
    if user is None:
        return None
    instances = instance_status.instances_of_user(user)
    keys = [instance.key for instance in instances.instances]
    charged = InstanceAllocationSourceSnapshot.objects.filter(instance_id__in=keys[:_MAX_ROWS])
    return AccountDetails(
        rights=staff.rights(AtmosphereUser, {username}, now=now)[username],
        identities=tuple(_identities(user)),
        sources=tuple(_sources(user)),
        instances=instances,
        charged_sources=dict(charged.values_list("instance_id", "allocation_source__name")),
        volumes=_volumes(user, now),
        imaging_requests=tuple(open_imaging_requests.open_requests(created_by=user)),
        waiting_requests=tuple(_waiting_requests(user)),
        is_closed=any(
            closure.is_closing_site for closure in open_maintenance.read_maintenance("atmosphere", now=now).closures
        ),
    )


def _identities(user: int) -> list[UserIdentity]:
    credentials = Credential.objects.filter(identity_id=OuterRef("pk"))
    identities = Identity.objects.filter(created_by_id=user).annotate(has_credentials=Exists(credentials))
    rows = list(identities.select_related("provider__type", "quota").order_by("provider_id", "pk"))
    groups: dict[int, list[tuple[str, datetime | None]]] = defaultdict(list)
    memberships = IdentityMembership.objects.filter(identity_id__in=[row.pk for row in rows]).order_by("pk")
    for key, name, end in memberships.values_list("identity_id", "member__group_ptr__name", "end_date"):
        groups[key].append((name, end))
    return [
        UserIdentity(
            key=row.pk,
            provider_id=row.provider_id,
            location=row.provider.location,
            is_in_use=row.provider.active and row.provider.end_date is None,
            is_mock=row.provider.type.name == _MOCK,
            quota_id=row.quota_id,
            quota=quotas.values(row.quota),
            has_credentials=row.has_credentials,
            groups=tuple(name for name, _ in groups[row.pk]),
            has_ended=all(end is not None for _, end in groups[row.pk]),
        )
        for row in rows
    ]


def _sources(user: int) -> list[UserSource]:
    links = UserAllocationSource.objects.filter(user_id=user).select_related("allocation_source")
    rows = [link.allocation_source for link in links.order_by("allocation_source__name")]
    keys = [row.pk for row in rows]
    snapshots = {
        snapshot.allocation_source_id: snapshot
        for snapshot in AllocationSourceSnapshot.objects.filter(allocation_source__in=keys)
    }
    user_snapshots = UserAllocationSnapshot.objects.filter(user_id=user, allocation_source__in=keys)
    by_user = dict(user_snapshots.values_list("allocation_source_id", "compute_used"))
    return [
        UserSource(
            name=row.name,
            allowed=row.compute_allowed,
            used=snapshots[row.pk].compute_used if row.pk in snapshots else None,
            used_by_user=by_user.get(row.pk),
            strategy=row.renewal_strategy,
            renewed=_last_renewal(row.name),
            ended=row.end_date,
        )
        for row in rows
    ]


def _last_renewal(source: str) -> datetime | None:
    """Return the time that Atmosphere's rules count from; ``last_renewed`` of the snapshot keeps its first value.

    Source: cyverse_allocation/tasks.py:58-72 and core/models/allocation_source.py:185 of Atmosphere v37-5.
    """
    events = EventTable.objects.filter(name=_RENEWED, payload__allocation_source_name=source)
    return events.order_by("-timestamp").values_list("timestamp", flat=True).first()


def _volumes(user: int, now: datetime) -> dict[int, tuple[int, int]]:
    volumes = Volume.objects.filter(instance_source__created_by_id=user).exclude(instance_source__end_date__lte=now)
    rows = volumes.order_by().values_list("instance_source__provider_id").annotate(Count("pk"), Sum("size"))
    return {provider_id: (count, size) for provider_id, count, size in rows}


def _waiting_requests(user: int) -> list[WaitingRequest]:
    waiting = ResourceRequest.objects.filter(created_by_id=user).exclude(status__name__in=_ENDED)
    return [
        WaitingRequest(*row)
        for row in waiting.order_by("-start_date").values_list("pk", "request", "start_date")[:_MAX_ROWS]
    ]
