"""The copies of all active images in the database, for a comparison with the clouds; a few statements for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from runbook_lib.systems.db.models.atmosphere.models import (
    InstanceSource,
    MachineRequest,
    Provider,
    ProviderMachine,
    Volume,
)
from runbook_lib.systems.db.queries import imaging_requests

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_VERSION, _SOURCE = "application_version", "instance_source"
_APPLICATION = f"{_VERSION}__application"


@dataclass(frozen=True)
class CopyRow:
    """One copy of a version: a ``provider_machine`` with its ``instance_source``.

    Attributes:
        application_id: The application's id.
        application: The application's name.
        application_uuid: The application's UUID, which Glance has as a property.
        is_private: Whether the application is private.
        owner: The user who created the application.
        version: The version's name.
        provider_id: The provider of the copy.
        source_id: The id of its ``instance_source``.
        image_id: The image's UUID, the same on every provider.
        has_ended: Whether the copy is end-dated.
    """

    application_id: int
    application: str
    application_uuid: str
    is_private: bool
    owner: str
    version: str
    provider_id: int
    source_id: int
    image_id: str
    has_ended: bool


@dataclass(frozen=True)
class LooseSource:
    """An ``instance_source`` without a machine, which prevents a new copy.

    Attributes:
        source_id: Its id.
        provider_id: Its provider.
        image_id: The image's UUID.
    """

    source_id: int
    provider_id: int
    image_id: str


def copies(*, now: datetime, application_id: int | None = None) -> list[CopyRow]:
    """Return the copies of versions and applications that are not end-dated, by application, version and provider.

    Args:
        now: The current time, UTC.
        application_id: The application; None returns the copies of all applications.
    """
    machines = ProviderMachine.objects.filter(
        _open(f"{_VERSION}__end_date", now), _open(f"{_APPLICATION}__end_date", now)
    )
    machines = machines.filter(**{f"{_VERSION}__isnull": False})
    if application_id is not None:
        machines = machines.filter(**{f"{_VERSION}__application_id": application_id})
    columns = (
        f"{_APPLICATION}__id",
        f"{_APPLICATION}__name",
        f"{_APPLICATION}__uuid",
        f"{_APPLICATION}__private",
        f"{_APPLICATION}__created_by__username",
        f"{_VERSION}__name",
        f"{_SOURCE}__provider_id",
        f"{_SOURCE}__id",
        f"{_SOURCE}__identifier",
        f"{_SOURCE}__end_date",
    )
    rows = machines.order_by(columns[0], f"{_VERSION}__start_date", f"{_SOURCE}__provider_id", "pk").values_list(
        *columns
    )
    return [
        CopyRow(app, name, str(uuid), private, owner, version, provider, source, image, end is not None and end <= now)
        for app, name, uuid, private, owner, version, provider, source, image, end in rows
    ]


def loose_sources(provider_ids: Iterable[int], image_ids: Iterable[str]) -> list[LooseSource]:
    """Return the sources of these images on these providers that have neither a machine nor a volume, by id."""
    sources = InstanceSource.objects.filter(
        ~Exists(ProviderMachine.objects.filter(instance_source_id=OuterRef("pk"))),
        ~Exists(Volume.objects.filter(instance_source_id=OuterRef("pk"))),
        provider_id__in=list(provider_ids),
    )
    identifiers = set(image_ids)
    rows = sources.order_by("pk").values_list("pk", "provider_id", "identifier")
    return [LooseSource(*row) for row in rows.iterator() if row[2] in identifiers]


def source_identifiers(provider_ids: Iterable[int]) -> set[tuple[int, str]]:
    """Return provider and identifier of every source on these providers, end-dated or not."""
    sources = InstanceSource.objects.filter(provider_id__in=list(provider_ids))
    return set(sources.values_list("provider_id", "identifier").iterator())


def unfinished_uploads() -> dict[str, int]:
    """Return the images that open imaging requests uploaded but did not finish, as UUID → the request's id."""
    requests = MachineRequest.objects.filter(status__name__in=(imaging_requests.PENDING, *imaging_requests.RUNNING))
    uploads = {
        imaging_requests.uploaded_image(request): request.pk
        for request in requests.only("pk", "old_status").order_by("pk")
    }
    return {image_id: key for image_id, key in uploads.items() if image_id}


def providers_in_use(*, now: datetime) -> dict[int, str]:
    """Return the providers that are in use and have a cloud behind them, as id → location."""
    providers = Provider.objects.filter(_open("end_date", now), active=True).exclude(type__name="mock")
    return dict(providers.order_by("pk").values_list("pk", "location"))


def _open(column: str, now: datetime) -> Q:
    """Return the condition that a date is not set or is in the future."""
    return Q(**{column: None}) | Q(**{f"{column}__gt": now})
