"""Move one version of an image to another application, under a name of your choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import NothingChanged, Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import APPLICATION_ID, PROVIDER_ID
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.models.atmosphere.models import (
    Application,
    ApplicationMembership,
    ApplicationVersion,
    ProviderMachine,
)
from runbook_lib.systems.db.queries import images

if TYPE_CHECKING:
    from runbook_lib.world.world import World

GROUP = "Images and replicas"
MINUTES = 5
NEEDS = ("atmosphere",)
OPTIONAL = {"glance": "whether the images still name the old application"}
_LISTED_BUT_CLOSED = (
    "a private version moves to a public application: all users see it listed, but its images in Glance stay as they "
    "are. Launching fails for other users until you run publicize_image on the new application"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The version, and the application and name to give it."""

    provider_id: int = PROVIDER_ID("that has a copy of the version.", example=4)
    image_id: str = param(
        "The UUID of that copy, which is the image's ID in Glance.",
        where="the version's entry on the image's page",
        example="f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86",
        form="uuid",
    )
    application_id: int = APPLICATION_ID("The version moves to this application.", example=1144)
    version_name: str = param(
        "The version's name there; no other version of that application can have it.", example="1.2"
    )


def plan(world: World, params: Params) -> Plan:
    """Return the single update of ``application_version``: the application, the name, or both.

    Raises:
        TargetNotFound: The provider, the image or the application does not exist.
        Refused: The copy belongs to no version, the target is end-dated, or the name is taken there.

    Source: core/models/application_version.py and service/tasks/monitoring.py of Atmosphere v37.
    """
    version = _version(images.machine(params.provider_id, params.image_id), params)
    target = images.application(params.application_id)
    _check_target(target, version, params)
    source = version.application
    changes = edits.update(version, application_id=target.pk, name=params.version_name)
    if not changes:
        return Plan(because=f"version {version.name} already belongs to application {target.pk} ({target.name})")
    warnings = [*_glance_metadata(world, version, target)]
    if source.pk != target.pk:
        warnings = [*_emptied(world, source, version), *_visibility(source, target), *_left_behind(source), *warnings]
        if version.created_by_id != target.created_by_id:
            warnings.append("the version keeps its creator, who is not the creator of the new application")
    if version.end_date is not None:
        warnings.append("the version is end-dated: it stays hidden in the new application")
    return Plan(changes=changes, warnings=tuple(warnings), expects=(edits.expect(target, "end_date", "private"),))


def _version(machine: ProviderMachine, params: Params) -> ApplicationVersion:
    if machine.application_version is None:
        raise Refused(
            what=f"image {params.image_id} on provider {params.provider_id} belongs to no version",
            why=f"provider_machine {machine.pk} has no application_version",
            next_step="the nightly monitor_machines attaches such copies; check again tomorrow, or ask support",
        )
    return machine.application_version


def _check_target(target: Application, version: ApplicationVersion, params: Params) -> None:
    """Refuse a target that would lose the version, or that already has a version of this name."""
    if target.end_date is not None:
        raise Refused(
            what=f"application {target.pk} ({target.name}) was end-dated on {target.end_date:%Y-%m-%d}",
            why="the nightly prune_machines end-dates every version and machine of an end-dated application",
            next_step="clear the application's end date first, or choose another application",
        )
    taken = ApplicationVersion.objects.filter(application_id=target.pk).exclude(pk=version.pk)
    names = sorted(taken.values_list("name", flat=True))
    if params.version_name in names:
        raise Refused(
            what=f"application {target.pk} ({target.name}) already has a version {params.version_name}",
            why=f"a version's name is unique in its application; taken: {', '.join(names)}",
            next_step="choose another version_name",
        )


def _emptied(world: World, source: Application, version: ApplicationVersion) -> list[str]:
    rest = [other for other in images.active_versions(source.pk, now=world.now()) if other.pk != version.pk]
    if rest:
        return []
    subject = f"application {source.pk} ({source.name}) loses its last active version"
    return [f"{subject}: the nightly prune_machines (00:00) end-dates it"]


def _visibility(source: Application, target: Application) -> list[str]:
    if source.private and not target.private:
        return [_LISTED_BUT_CLOSED]
    if target.private and not source.private:
        return ["a public version moves to a private application: it is no longer listed, but its images stay public"]
    return []


def _left_behind(source: Application) -> list[str]:
    count = ApplicationMembership.objects.filter(application_id=source.pk).count()
    if not (source.private and count):
        return []
    subject = f"application {source.pk} keeps its memberships ({count})"
    return [f"{subject}: users who saw the version through them need a membership of the new application"]


def _glance_metadata(world: World, version: ApplicationVersion, target: Application) -> list[str]:
    """Return warnings about images whose metadata in Glance still name the old application, per provider."""
    warnings = []
    for machine in images.active_machines(version, now=world.now()):
        provider_id, image_id = machine.instance_source.provider_id, machine.instance_source.identifier
        try:
            image = world.glance(provider_id).image(image_id)
        except NothingChanged as error:
            warnings.append(f"Glance of provider {provider_id} could not be read: {error.what}")
            continue
        if image is None:
            warnings.append(f"Glance of provider {provider_id} has no image {image_id}")
        elif image.properties.get("application_uuid") not in {None, str(target.uuid)}:
            warnings.append(
                f"in Glance of provider {provider_id} the image's metadata still names application "
                f"{image.properties.get('application_name')!r}; this matters only if the image is imported again"
            )
    return warnings
