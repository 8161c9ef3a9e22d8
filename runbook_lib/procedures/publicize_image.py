"""Make every copy of an image public in Glance, on every provider, then show the image to all users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import NothingChanged, Refused
from runbook_lib.model import Call, Change, System, SystemId
from runbook_lib.model.plan import Plan
from runbook_lib.params.common import APPLICATION_ID
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import images

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import Application, ProviderMachine
    from runbook_lib.world.world import World

GROUP = "Images and replicas"
MINUTES = 5
NEEDS = ("atmosphere", "glance")
PUBLIC = "public"


@dataclass(frozen=True, kw_only=True)
class Params:
    """The image."""

    application_id: int = APPLICATION_ID(example=1144)


def plan(world: World, params: Params) -> Plan:
    """Return the visibility of every copy that is not public yet, and last ``application.private``.

    Users see the image as soon as the row changes; by then every copy can be launched.

    Raises:
        TargetNotFound: The application does not exist.
        Refused: The application is end-dated or has no copy; a provider has no cloud configured; a copy is missing in
            Glance or not active. The refusal names all of them at once.

    Source: core/models/application.py and service/machine.py of Atmosphere v37.
    """
    application = images.application(params.application_id)
    machines = _machines(world, application)
    calls: list[Call] = []
    problems: list[NothingChanged] = []
    for machine in machines:
        try:
            calls += _publish(world, machine)
        except NothingChanged as error:
            problems.append(error)
    if problems:
        raise _together(application, problems)
    changes: tuple[Change, ...] = (*calls, *edits.update(application, private=False))
    if not changes:
        because = f"application {application.pk} ({application.name}) is already public, on every provider"
        return Plan(because=because)
    closed = sorted({m.instance_source.provider_id for m in machines if not m.instance_source.provider.public})
    warnings = [
        f"provider {provider_id} is not public: only users with an identity there can launch from it"
        for provider_id in closed
    ]
    expected = edits.expect(application, "private", "end_date")
    return Plan(changes=changes, warnings=tuple(warnings), expects=(expected,))


def _machines(world: World, application: Application) -> list[ProviderMachine]:
    """Return every active copy of every active version."""
    if application.end_date is not None:
        raise Refused(
            what=f"application {application.pk} ({application.name}) was end-dated on {application.end_date:%Y-%m-%d}",
            why="users cannot see an end-dated image, public or not",
            next_step="clear its end date first, if users should see it again",
        )
    versions = images.active_versions(application.pk, now=world.now())
    machines = [machine for version in versions for machine in images.active_machines(version, now=world.now())]
    if not machines:
        raise Refused(
            what=f"application {application.pk} ({application.name}) has no active copy on any provider",
            why="without a copy, users have nothing to launch",
            next_step="check the versions on the image's page: they or their copies are end-dated",
        )
    return machines


def _publish(world: World, machine: ProviderMachine) -> list[Call]:
    """Return the call that makes one copy public; none if it is already public."""
    provider_id, image_id = machine.instance_source.provider_id, machine.instance_source.identifier
    glance = world.glance(provider_id)
    image = glance.image(image_id)
    if image is None:
        raise Refused(
            what=f"Glance of provider {provider_id} has no image {image_id}",
            next_step="copy it there again, or end-date that copy, then publicize",
        )
    if image.status != "active":
        raise Refused(
            what=f"image {image_id} on provider {provider_id} is {image.status}, not active",
            next_step="wait for its upload or repair the copy, then publicize",
        )
    if image.visibility == PUBLIC:
        return []
    system = SystemId(System.GLANCE, provider_id)
    return [Call(system, target=image_id, action="visibility", before=image.visibility, after=PUBLIC)]


def _together(application: Application, problems: list[NothingChanged]) -> NothingChanged:
    """Return one error for all copies that cannot be published; a single error stays as it is."""
    if len(problems) == 1:
        return problems[0]
    return Refused(
        what=f"{len(problems)} copies of application {application.pk} ({application.name}) cannot be made public",
        why="; ".join(dict.fromkeys(problem.what for problem in problems)),
        next_step="; ".join(dict.fromkeys(problem.next_step for problem in problems)),
    )
