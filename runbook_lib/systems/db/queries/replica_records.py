"""The records of one copy of an image on one provider, and the rows that depend on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import TargetNotFound
from runbook_lib.systems.db.models.atmosphere.models import (
    ApplicationVersion,
    ExportRequest,
    Instance,
    InstanceSource,
    MachineRequest,
    ProviderMachine,
    ProviderMachineMembership,
    Volume,
)

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import Application

_MAX_SHOWN = 5  # rows of one kind that a message names


@dataclass(frozen=True)
class Records:
    """Atmosphere's records of one image on one provider.

    Attributes:
        source: The row with provider and image, from which any number of instances can start.
        machine: The row that makes the source a copy of a version; None if only the source exists.
        memberships: The groups that can launch the copy.
    """

    source: InstanceSource
    machine: ProviderMachine | None
    memberships: tuple[ProviderMachineMembership, ...]

    @property
    def is_original(self) -> bool:
        """Whether it was made on this provider. Copy scripts leave ``created_by_identity`` empty and the size 0."""
        return self.source.created_by_identity_id is not None or self.source.size_bytes > 0


def version(application: Application, name: str) -> ApplicationVersion:
    """Return the version of an application by name.

    Raises:
        TargetNotFound: The application has no version with this name.
    """
    versions = ApplicationVersion.objects.filter(application_id=application.pk)
    row = versions.filter(name=name).first()
    if row is None:
        names = ", ".join(versions.order_by("start_date", "pk").values_list("name", flat=True))
        raise TargetNotFound(
            kind="version",
            key=repr(name),
            where=f"application {application.pk} ({application.name})",
            next_step=f"use one of its versions: {names}" if names else "check the id: the application has no versions",
        )
    return row


def copies_elsewhere(version: ApplicationVersion, provider_id: int) -> list[ProviderMachine]:
    """Return a version's copies on other providers that are not end-dated, originals first."""
    rows = ProviderMachine.objects.filter(application_version_id=version.pk, instance_source__end_date=None)
    machines = rows.exclude(instance_source__provider_id=provider_id).select_related("instance_source")
    return sorted(
        machines,
        key=lambda machine: (
            machine.instance_source.created_by_identity_id is None,
            machine.instance_source.provider_id,
            machine.pk,
        ),
    )


def records(image_id: str, provider_id: int) -> Records | None:
    """Return the records of one image on one provider, end-dated or not; None if there are none."""
    source = InstanceSource.objects.filter(identifier=image_id, provider_id=provider_id).first()
    if source is None:
        return None
    machines = ProviderMachine.objects.select_related("application_version__application")
    machine = machines.filter(instance_source_id=source.pk).first()
    members = ProviderMachineMembership.objects.filter(provider_machine_id=machine.pk if machine else None)
    return Records(source, machine, tuple(members.order_by("pk")))


def copies_on(version: ApplicationVersion, provider_id: int) -> list[ProviderMachine]:
    """Return a version's copies on one provider that are not end-dated, by id."""
    machines = ProviderMachine.objects.select_related("instance_source").filter(
        application_version_id=version.pk, instance_source__provider_id=provider_id, instance_source__end_date=None
    )
    return list(machines.order_by("pk"))


def dependents(copy: Records) -> list[str]:
    """Return one line per kind of row that refers to these records: a deletion would delete these rows or fail on them.

    Source: the models of core in Atmosphere v37. The staff guide deletes with Django, which also deletes these rows.
    """
    source = copy.source.pk
    instances = Instance.objects.filter(source_id=source).order_by("pk")
    volumes = Volume.objects.filter(instance_source_id=source)
    exports = ExportRequest.objects.filter(source_id=source).order_by("pk")
    lines = [
        *_line("instance", [_instance(instance) for instance in instances]),
        *_line("volume", [f"{volume.pk} ({volume.name})" for volume in volumes]),
        *_line("export request", [f"{export.pk} ({export.export_name})" for export in exports]),
    ]
    if copy.machine is not None:
        for column, relation in (("parent_machine", "made from it"), ("new_machine", "that made it")):
            requests = MachineRequest.objects.filter(**{f"{column}_id": copy.machine.pk}).order_by("pk")
            names = [f"{request.pk} ({request.new_application_name}, {relation})" for request in requests]
            lines += _line("imaging request", names)
    return lines


def _instance(instance: Instance) -> str:
    state = "not ended" if instance.end_date is None else f"ended {instance.end_date:%Y-%m-%d}"
    return f"{instance.provider_alias} ({instance.name}, {state})"


def _line(kind: str, names: list[str]) -> list[str]:
    """Return one line with the rows of a kind; empty if there are no rows."""
    if not names:
        return []
    more = f" and {len(names) - _MAX_SHOWN} more" if len(names) > _MAX_SHOWN else ""
    return [f"{len(names)} {kind}{'s' if len(names) > 1 else ''}: {', '.join(names[:_MAX_SHOWN])}{more}"]
