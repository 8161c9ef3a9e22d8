"""Images in Atmosphere's database: applications, their versions, and their copies on providers (machines)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from django.db.models import Q

from runbook_lib.errors import TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import (
    Application,
    ApplicationVersion,
    InstanceSource,
    Provider,
    ProviderMachine,
)

if TYPE_CHECKING:
    from datetime import datetime


def application(application_id: int) -> Application:
    """Return an application by id.

    Raises:
        TargetNotFound: No application has this id.
    """
    row = Application.objects.filter(pk=application_id).first()
    if row is None:
        keys = Application.objects.order_by("pk").values_list("pk", flat=True)
        similar = difflib.get_close_matches(str(application_id), map(str, keys[:20000]), n=3, cutoff=0.7)
        raise TargetNotFound(
            kind="application",
            key=str(application_id),
            where="the atmosphere database",
            similar=similar,
            next_step="the id is the number in the address of the image's page, /application/images/ID",
        )
    return row


def machine(provider_id: int, image_id: str) -> ProviderMachine:
    """Return the copy of an image on one provider, with its source, version and application.

    Raises:
        TargetNotFound: The provider does not exist, or the image has no copy on it.
    """
    if not Provider.objects.filter(pk=provider_id).exists():
        raise provider_not_found(provider_id)
    machines = ProviderMachine.objects.select_related("instance_source", "application_version__application")
    row = machines.filter(instance_source__provider_id=provider_id, instance_source__identifier=image_id).first()
    if row is None:
        sources = InstanceSource.objects.filter(identifier=image_id).order_by("provider_id")
        providers = ", ".join(str(source.provider_id) for source in sources)
        raise TargetNotFound(
            kind="image",
            key=image_id,
            where=f"the atmosphere database for provider {provider_id}",
            next_step=(
                f"use a provider that has this image: {providers}"
                if providers
                else "copy the UUID from the image's page, which lists it under each version"
            ),
        )
    return row


def provider_not_found(provider_id: int) -> TargetNotFound:
    """Return the error for a provider id that does not exist, with the existing providers."""
    providers = ", ".join(f"{provider.pk} ({provider.location})" for provider in Provider.objects.order_by("pk"))
    return TargetNotFound(
        kind="provider",
        key=str(provider_id),
        where="the atmosphere database",
        next_step=f"use the id of a provider: {providers}",
    )


def active_versions(application_id: int, *, now: datetime) -> list[ApplicationVersion]:
    """Return the versions of an application that are not end-dated, oldest first."""
    versions = ApplicationVersion.objects.filter(_active("end_date", now), application_id=application_id)
    return list(versions.order_by("start_date", "pk"))


def active_machines(version: ApplicationVersion, *, now: datetime) -> list[ProviderMachine]:
    """Return the copies of a version that are not end-dated, by provider."""
    machines = ProviderMachine.objects.filter(
        _active("instance_source__end_date", now), application_version_id=version.pk
    )
    return list(machines.select_related("instance_source__provider").order_by("instance_source__provider_id", "pk"))


def _active(column: str, now: datetime) -> Q:
    """Return the condition that a date is not set or is in the future."""
    return Q(**{column: None}) | Q(**{f"{column}__gt": now})
