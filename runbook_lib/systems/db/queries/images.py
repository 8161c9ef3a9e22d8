"""Images as Atmosphere knows them: applications, their versions, and the machines that are copies on providers."""

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
    """Return one application.

    Raises:
        TargetNotFound: There is none of this id.
    """
    found = Application.objects.filter(pk=application_id).first()
    if found is None:
        near = Application.objects.order_by("pk").values_list("pk", flat=True)
        similar = difflib.get_close_matches(str(application_id), map(str, near[:20000]), n=3, cutoff=0.7)
        raise TargetNotFound(
            kind="application",
            key=str(application_id),
            where="the atmosphere database",
            similar=similar,
            next_step="the id is the number in the address of the image's page: /application/images/ID",
        )
    return found


def machine(provider_id: int, image_id: str) -> ProviderMachine:
    """Return the copy of an image on one provider; with its source, version and application.

    Raises:
        TargetNotFound: There is no such provider, or the image has no copy there.
    """
    if not Provider.objects.filter(pk=provider_id).exists():
        known = ", ".join(f"{p.pk} ({p.location})" for p in Provider.objects.order_by("pk"))
        raise TargetNotFound(
            kind="provider",
            key=str(provider_id),
            where="the atmosphere database",
            next_step=f"the providers are {known}",
        )
    machines = ProviderMachine.objects.select_related("instance_source", "application_version__application")
    found = machines.filter(instance_source__provider_id=provider_id, instance_source__identifier=image_id).first()
    if found is None:
        elsewhere = InstanceSource.objects.filter(identifier=image_id).order_by("provider_id")
        providers = ", ".join(str(source.provider_id) for source in elsewhere)
        raise TargetNotFound(
            kind="image",
            key=image_id,
            where=f"the atmosphere database for provider {provider_id}",
            next_step=(
                f"this image is known on provider {providers}"
                if providers
                else "the image's page lists its UUID under each version; take it from there"
            ),
        )
    return found


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
    """Return the condition that a date is not set, or not reached."""
    return Q(**{column: None}) | Q(**{f"{column}__gt": now})
