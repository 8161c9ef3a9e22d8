"""The data that upstream's scripts for image copies read: owners, members, versions and existing copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
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
    """Return a provider that images can be copied from or to.

    Raises:
        TargetNotFound: No provider has this id.
        Refused: The provider is no longer in use, or has no cloud behind it.
    """
    row = Provider.objects.select_related("type").filter(pk=provider_id).first()
    if row is None:
        raise images.provider_not_found(provider_id)
    reason = ""
    if row.type.name == MOCK:
        reason = "has the type mock, without a cloud behind it"
    elif not row.active or (row.end_date is not None and row.end_date <= now):
        reason = "is no longer in use"
    if reason:
        raise Refused(
            what=f"provider {row.pk} ({row.location}) {reason}",
            next_step="choose another provider; the web interface lists them under Admin",
        )
    return row


def owner_project(application: Application) -> str | None:
    """Return the name of the project that owns an application's images; None if the application has no identity.

    Source: ``Identity.project_name`` in core/models/identity.py of Atmosphere v37.
    """
    identity = application.created_by_identity
    return None if identity is None else _project_name(identity)


def admin_project(provider_id: int) -> str | None:
    """Return the project name of a provider's admin identity; None if the provider has no admin identity."""
    accounts = AccountProvider.objects.select_related("identity__created_by").filter(provider_id=provider_id)
    first = accounts.order_by("pk").first()
    return None if first is None else _project_name(first.identity)


def member_projects(application: Application, *, now: datetime) -> list[str]:
    """Return the names of the groups that a private application is shared with; upstream uses them as project names.

    The memberships of the application and of its active machines count. The memberships of its versions do not.

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
    """Return every machine of a version on one provider by id, including end-dated ones, as upstream's scripts do."""
    rows = ProviderMachine.objects.select_related("instance_source").filter(
        application_version_id=version.pk, instance_source__provider_id=provider_id
    )
    return list(rows.order_by("pk"))


def is_recorded(version_id: UUID, provider_id: int) -> bool:
    """Return whether a version has a machine on a provider."""
    return ProviderMachine.objects.filter(
        application_version_id=version_id, instance_source__provider_id=provider_id
    ).exists()


def conflicting_source(image_id: str, provider_id: int) -> InstanceSource | None:
    """Return the row that prevents a new ``instance_source`` for this image on a provider, or None."""
    return InstanceSource.objects.filter(identifier=image_id, provider_id=provider_id).first()


def applications_on(provider_id: int, *, now: datetime) -> list[Application]:
    """Return the applications that upstream's synchronization considers, by id.

    These have no end date, not even a future one, and an active version with an active machine on the provider.

    Source: scripts/application_sync_providers.py of Atmosphere v37.
    """
    rows = Application.objects.select_related("created_by", "created_by_identity__created_by").filter(end_date=None)
    return [
        application
        for application in rows.order_by("pk")
        if any(
            machine.instance_source.provider_id == provider_id
            for version in images.active_versions(application.pk, now=now)
            for machine in images.active_machines(version, now=now)
        )
    ]


def is_complete_on(application: Application, provider_id: int, *, now: datetime) -> bool:
    """Return whether upstream's synchronization considers an application copied: each active version has a machine.

    Neither the machine's end date nor the image in Glance counts.
    """
    return all(machines(version, provider_id) for version in images.active_versions(application.pk, now=now))


def _project_name(identity: Identity) -> str:
    values = dict(Credential.objects.filter(identity_id=identity.pk).order_by("-pk").values_list("key", "value"))
    return values.get("ex_project_name") or values.get("ex_tenant_name") or identity.created_by.username
