"""Copy one image, with all its active versions, to another provider with upstream's own script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication import script_commands, warnings
from runbook_lib.diagnosis.replication.preflight import MEMBERS, OWNER, Route
from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import APPLICATION_ID, PROVIDER_ID
from runbook_lib.systems.db.queries import image_copying, images
from runbook_lib.systems.host import calls

if TYPE_CHECKING:
    from runbook_lib.diagnosis.replication.preflight import Check
    from runbook_lib.systems.db.models.atmosphere.models import Application
    from runbook_lib.world.world import World

GROUP = "Images and replicas"
MINUTES = 60
NEEDS = ("atmosphere", "glance", "keystone")
OPTIONAL = {"host": "the runbook runs the command and follows it, instead of only showing it"}


@dataclass(frozen=True, kw_only=True)
class Params:
    """The image, the two providers, and the missing users to ignore."""

    application_id: int = APPLICATION_ID(example=1378)
    destination_provider_id: int = PROVIDER_ID("to copy to.", example=7)
    source_provider_id: int = PROVIDER_ID("to copy from; it must have every version.", example=4)
    ignore_missing_owner: bool = param(
        "Copy the image even if its owner has no project there; the administrator's project then owns the copy.",
        default=False,
    )
    ignore_missing_members: bool = param(
        "Copy a private image even if some of its members have no project there.", default=False
    )


def plan(world: World, params: Params) -> Plan:
    """Return the command, and one line per image that must exist afterwards.

    The script writes the rows and the images, so nothing of it can be undone. The runbook follows its output, and
    verifies every copy.

    Raises:
        TargetNotFound: The application or a provider does not exist.
        Refused: The script would fail; the refusal names all reasons at once.
        NotConnected: A cloud does not respond.

    Source: scripts/application_to_provider.py of Atmosphere v37.
    """
    application = images.application(params.application_id)
    check = _route(world, params, application).check(application)
    named = f"application {application.pk} ({application.name})"
    flags = [flag for flag in (OWNER, MEMBERS) if flag in _ignored(params)]
    destination, source = params.destination_provider_id, params.source_provider_id
    call = calls.run(script_commands.migrate(application.pk, destination, source, flags=flags))
    if check.is_complete:
        because = f"{named} is complete on provider {destination}: every active version has its records and its image"
        return Plan(because=because, warnings=(*check.warnings, *(f"a second run fails: {p}" for p in check.problems)))
    if check.problems:
        raise _refused(named, destination, check, call.target)
    return Plan(
        changes=(call, *(copy.call() for copy in check.missing)),
        warnings=(
            *warnings.by_hand(call.target, host_is_configured=bool(world.host.prefix)),
            *warnings.table(check.missing),
            *check.warnings,
        ),
    )


def _route(world: World, params: Params, application: Application) -> Route:
    """Return the route, after checking that both providers can be used."""
    if params.source_provider_id == params.destination_provider_id:
        raise Refused(
            what=f"source and destination are the same provider, {params.source_provider_id}",
            next_step="give the provider that has the image as source, and the one that lacks it as destination",
        )
    if application.end_date is not None and application.end_date <= world.now():
        raise Refused(
            what=f"application {application.pk} ({application.name}) was end-dated on {application.end_date:%Y-%m-%d}",
            why="users cannot see an end-dated image on any provider",
            next_step="clear its end date first, if users should see it again",
        )
    for provider_id in (params.source_provider_id, params.destination_provider_id):
        image_copying.provider(provider_id, now=world.now())
    return Route(
        services=world,
        source=params.source_provider_id,
        destination=params.destination_provider_id,
        now=world.now(),
        ignore=_ignored(params),
    )


def _ignored(params: Params) -> tuple[str, ...]:
    chosen = {OWNER: params.ignore_missing_owner, MEMBERS: params.ignore_missing_members}
    return tuple(flag for flag, wanted in chosen.items() if wanted)


def _refused(named: str, destination: int, check: Check, command: str) -> Refused:
    return Refused(
        what=f"the script would fail on {named}, for {len(check.problems)} reason(s)",
        why="; ".join((*check.problems, *check.warnings)),
        next_step=(
            f"fix each reason, then plan again; {len(check.missing)} of {len(check.copies)} copies are missing on "
            f"provider {destination}, and the command would be: {command}"
        ),
    )
