"""The records of one copy of an image on one provider, and everything that depends on them."""

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

_SHOWN = 5  # rows of one kind that a message names


@dataclass(frozen=True)
class Records:
    """What Atmosphere knows of one image on one provider.

    Attributes:
        source: The row that holds provider and image; any number of things can start from it.
        machine: The row that makes it a copy of a version; None when only the source is left.
        memberships: Which groups may launch it.
    """

    source: InstanceSource
    machine: ProviderMachine | None
    memberships: tuple[ProviderMachineMembership, ...]

    @property
    def is_original(self) -> bool:
        """Whether it was made here: the scripts that copy leave ``created_by_identity`` empty and the size at 0."""
        return self.source.created_by_identity_id is not None or self.source.size_bytes > 0


def version(application: Application, name: str) -> ApplicationVersion:
    """Return the version of this name.

    Raises:
        TargetNotFound: The application has none.
    """
    versions = ApplicationVersion.objects.filter(application_id=application.pk)
    found = versions.filter(name=name).first()
    if found is None:
        names = ", ".join(versions.order_by("start_date", "pk").values_list("name", flat=True))
        raise TargetNotFound(
            kind="version",
            key=repr(name),
            where=f"application {application.pk} ({application.name})",
            next_step=f"its versions are {names}" if names else "it has no version at all",
        )
    return found


def elsewhere(of: ApplicationVersion, provider_id: int) -> list[ProviderMachine]:
    """Return a version's copies on other providers that are not end-dated; those made there come first."""
    machines = ProviderMachine.objects.filter(application_version_id=of.pk, instance_source__end_date=None)
    others = machines.exclude(instance_source__provider_id=provider_id).select_related("instance_source")
    return sorted(
        others,
        key=lambda one: (
            one.instance_source.created_by_identity_id is None,
            one.instance_source.provider_id,
            one.pk,
        ),
    )


def records(image_id: str, provider_id: int) -> Records | None:
    """Return the records of one image on one provider, end-dated or not; None when there are none."""
    source = InstanceSource.objects.filter(identifier=image_id, provider_id=provider_id).first()
    if source is None:
        return None
    machines = ProviderMachine.objects.select_related("application_version__application")
    machine = machines.filter(instance_source_id=source.pk).first()
    members = ProviderMachineMembership.objects.filter(provider_machine_id=machine.pk if machine else None)
    return Records(source, machine, tuple(members.order_by("pk")))


def own_copies(of: ApplicationVersion, provider_id: int) -> list[ProviderMachine]:
    """Return a version's copies on one provider that are not end-dated, by id."""
    machines = ProviderMachine.objects.select_related("instance_source").filter(
        application_version_id=of.pk, instance_source__provider_id=provider_id, instance_source__end_date=None
    )
    return list(machines.order_by("pk"))


def dependents(of: Records) -> list[str]:
    """Return in words everything whose row refers to these records: it would be lost, or keep them from going.

    Source: the models of core in Atmosphere v37. Django, with which the staff guide deletes, takes all of it along.
    """
    source = of.source.pk
    found = [
        *_named("instance", [_instance(one) for one in Instance.objects.filter(source_id=source).order_by("pk")]),
        *_named("volume", [f"{v.pk} ({v.name})" for v in Volume.objects.filter(instance_source_id=source)]),
        *_named(
            "export request",
            [f"{e.pk} ({e.export_name})" for e in ExportRequest.objects.filter(source_id=source).order_by("pk")],
        ),
    ]
    if of.machine is not None:
        for column, words in (("parent_machine", "made from it"), ("new_machine", "that made it")):
            requests = MachineRequest.objects.filter(**{f"{column}_id": of.machine.pk}).order_by("pk")
            found += _named("imaging request", [f"{one.pk} ({one.new_application_name}, {words})" for one in requests])
    return found


def _instance(one: Instance) -> str:
    state = "lives" if one.end_date is None else f"ended {one.end_date:%Y-%m-%d}"
    return f"{one.provider_alias} ({one.name}, {state})"


def _named(kind: str, names: list[str]) -> list[str]:
    """Return one line for the rows of a kind; none when there are none."""
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"{len(names)} {kind}{'s' if len(names) > 1 else ''}: {', '.join(names[:_SHOWN])}{more}"]
