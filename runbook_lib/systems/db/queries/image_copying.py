"""What the scripts that copy images read from the database: owners, members, versions, and the copies there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import (
    AccountProvider,
    Application,
    ApplicationMembership,
    Credential,
    InstanceSource,
    Provider,
    ProviderMachine,
    ProviderMachineMembership,
)
from runbook_lib.systems.db.queries import images

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from runbook_lib.systems.db.models.atmosphere.models import ApplicationVersion, Identity

MOCK = "mock"  # a provider of this type has no cloud behind it


def provider(provider_id: int, *, now: datetime) -> Provider:
    """Return one provider that images can be copied from or to.

    Raises:
        TargetNotFound: There is none of this id.
        Refused: It is not in use any more, or has no cloud behind it.
    """
    found = Provider.objects.select_related("type").filter(pk=provider_id).first()
    if found is None:
        known = ", ".join(f"{one.pk} ({one.location})" for one in Provider.objects.order_by("pk"))
        raise TargetNotFound(
            kind="provider",
            key=str(provider_id),
            where="the atmosphere database",
            next_step=f"the providers are {known}",
        )
    reason = ""
    if found.type.name == MOCK:
        reason = "is of the type mock: there is no cloud behind it"
    elif not found.active or (found.end_date is not None and found.end_date <= now):
        reason = "is not in use any more"
    if reason:
        raise Refused(
            what=f"provider {found.pk} ({found.location}) {reason}",
            next_step="choose another provider; they are listed under Admin in the web interface",
        )
    return found


def owner_project(application: Application) -> str | None:
    """Return the name of the project that owns an application's images; None when it has no identity to tell it.

    Source: ``Identity.project_name`` in core/models/identity.py of Atmosphere v37.
    """
    identity = application.created_by_identity
    return None if identity is None else _project_name(identity)


def admin_project(provider_id: int) -> str | None:
    """Return the name of the project of a provider's admin identity; None when the provider has none."""
    accounts = AccountProvider.objects.select_related("identity__created_by").filter(provider_id=provider_id)
    first = accounts.order_by("pk").first()
    return None if first is None else _project_name(first.identity)


def member_projects(application: Application, *, now: datetime) -> list[str]:
    """Return the groups that a private application is shared with, by name; upstream takes each for a project's name.

    The memberships of the application and of its active machines count, those of its versions do not.

    Source: ``Application.get_members`` in core/models/application.py of Atmosphere v37.
    """
    groups = ApplicationMembership.objects.filter(application_id=application.pk)
    names = list(groups.order_by("pk").values_list("group__group_ptr__name", flat=True))
    for version in images.active_versions(application.pk, now=now):
        machines = [machine.pk for machine in images.active_machines(version, now=now)]
        shared = ProviderMachineMembership.objects.filter(provider_machine_id__in=machines)
        names += shared.order_by("pk").values_list("group__group_ptr__name", flat=True)
    return list(dict.fromkeys(names))


def machines(version: ApplicationVersion, provider_id: int) -> list[ProviderMachine]:
    """Return every machine of a version on one provider, the end-dated ones too, by id: as the scripts look at them."""
    found = ProviderMachine.objects.select_related("instance_source").filter(
        application_version_id=version.pk, instance_source__provider_id=provider_id
    )
    return list(found.order_by("pk"))


def is_recorded(version_id: UUID, provider_id: int) -> bool:
    """Tell whether a version has a machine on a provider."""
    return ProviderMachine.objects.filter(
        application_version_id=version_id, instance_source__provider_id=provider_id
    ).exists()


def source_in_the_way(image_id: str, provider_id: int) -> InstanceSource | None:
    """Return the row that keeps a new ``instance_source`` for this image from being written on a provider, if any."""
    return InstanceSource.objects.filter(identifier=image_id, provider_id=provider_id).first()


def applications_on(provider_id: int, *, now: datetime) -> list[Application]:
    """Return the applications that upstream's synchronization considers, by id.

    Those without any end date, even a future one, of which an active version has an active machine on the provider.

    Source: scripts/application_sync_providers.py of Atmosphere v37.
    """
    found = Application.objects.select_related("created_by", "created_by_identity__created_by").filter(end_date=None)
    return [
        application
        for application in found.order_by("pk")
        if any(
            machine.instance_source.provider_id == provider_id
            for version in images.active_versions(application.pk, now=now)
            for machine in images.active_machines(version, now=now)
        )
    ]


def is_complete_on(application: Application, provider_id: int, *, now: datetime) -> bool:
    """Tell whether upstream's synchronization takes an application for copied: a machine for each active version.

    Neither the machine's end date nor the image in Glance counts.
    """
    return all(machines(version, provider_id) for version in images.active_versions(application.pk, now=now))


def _project_name(identity: Identity) -> str:
    found = dict(Credential.objects.filter(identity_id=identity.pk).order_by("-pk").values_list("key", "value"))
    return found.get("ex_project_name") or found.get("ex_tenant_name") or identity.created_by.username
