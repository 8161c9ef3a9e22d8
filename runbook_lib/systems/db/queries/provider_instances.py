"""The instances of one provider that have not ended, and what the database has about further servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.systems.db.models.atmosphere.models import Instance, Provider
from runbook_lib.systems.db.queries import images
from runbook_lib.systems.db.queries.instance_status import current_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

MAX_INSTANCES = 10_000
_BATCH_SIZE = 500  # UUIDs per statement
_COLUMNS = (
    "provider_alias",
    "name",
    "created_by__username",
    "created_by_identity_id",
    "start_date",
    "current_status",
    "current_start",
)


@dataclass(frozen=True)
class ProviderInstance:
    """An instance that has not ended.

    Attributes:
        instance_id: Nova's UUID.
        name: The name that its owner gave it.
        username: Its owner.
        has_identity: Whether its identity is recorded; without one, Atmosphere's monitor never ends the instance.
        started: The launch time; aware.
        status: The current status; empty if Atmosphere has not recorded one.
        since: The time when Atmosphere first read the status; None without a status.
    """

    instance_id: str
    name: str
    username: str
    has_identity: bool
    started: datetime
    status: str
    since: datetime | None


def provider(provider_id: int) -> Provider:
    """Return a provider, in use or not.

    Raises:
        TargetNotFound: No provider has this id.
    """
    row = Provider.objects.filter(pk=provider_id).first()
    if row is None:
        raise images.provider_not_found(provider_id)
    return row


def running(provider_id: int) -> tuple[tuple[ProviderInstance, ...], bool]:
    """Return the instances of a provider that have not ended, latest launch first, and whether older ones are missing.

    Runs one statement, and returns at most `MAX_INSTANCES` instances.
    """
    rows = (
        Instance.objects.filter(end_date=None, source__provider_id=provider_id)
        .annotate(current_status=current_value("status__name"), current_start=current_value("start_date"))
        .order_by("-start_date", "-pk")
        .values_list(*_COLUMNS)[: MAX_INSTANCES + 1]
    )
    instances = [
        ProviderInstance(instance_id, name, username, identity is not None, started, status or "", since)
        for instance_id, name, username, identity, started, status, since in rows
    ]
    return tuple(instances[:MAX_INSTANCES]), len(instances) > MAX_INSTANCES


def latest(provider_id: int, number: int, *, besides: str) -> list[str]:
    """Return the UUIDs of a provider's latest instances that have not ended, without one of them."""
    rows = Instance.objects.filter(end_date=None, source__provider_id=provider_id).exclude(provider_alias=besides)
    return list(rows.order_by("-start_date", "-pk").values_list("provider_alias", flat=True)[:number])


def owners_and_ends(instance_ids: Sequence[str]) -> dict[str, tuple[str, datetime | None]]:
    """Return UUID → owner and end date, for those that the database has."""
    return dict(_owners_and_ends(instance_ids))


def _owners_and_ends(instance_ids: Sequence[str]) -> Iterator[tuple[str, tuple[str, datetime | None]]]:
    for begin in range(0, len(instance_ids), _BATCH_SIZE):
        rows = Instance.objects.filter(provider_alias__in=instance_ids[begin : begin + _BATCH_SIZE])
        for instance_id, username, ended in rows.values_list("provider_alias", "created_by__username", "end_date"):
            yield instance_id, (username, ended)
