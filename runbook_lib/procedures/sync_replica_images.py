"""Copy every image that a replica lacks from the master provider, with upstream's own script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication import script_commands, warnings
from runbook_lib.diagnosis.replication.preflight import MEMBERS, OWNER, Route
from runbook_lib.errors import Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import PROVIDER_ID
from runbook_lib.systems.db.queries import image_copying, images
from runbook_lib.systems.host import calls
from runbook_lib.world.image_copies import COMPLETE, state

if TYPE_CHECKING:
    from runbook_lib.diagnosis.replication.preflight import Check
    from runbook_lib.systems.db.models.atmosphere.models import Application
    from runbook_lib.world.world import World

GROUP = "Images and replicas"
MINUTES = 180
NEEDS = ("atmosphere", "glance", "keystone")
OPTIONAL = {"host": "the runbook runs the command and follows it, instead of only showing it"}
_PROGRESS_INTERVAL = 25  # applications: a few seconds of checking


@dataclass(frozen=True, kw_only=True)
class Params:
    """The master provider and its replicas."""

    master_provider_id: int = PROVIDER_ID("that has the images.", example=4)
    replica_provider_ids: tuple[int, ...] = param(
        "The providers to copy to, separated by commas.",
        where="the numbers in the addresses of their pages, /admin/core/provider/ID",
        example="5",
    )


def plan(world: World, params: Params) -> Plan:
    """Return the command for the applications that will succeed, and one line per image that it must copy.

    The plan leaves out and names each application that would fail: the script would write its records before it fails,
    and continue as if nothing had happened.

    Raises:
        TargetNotFound: A provider does not exist.
        Refused: The master is among the replicas; a provider is not in use; none of the missing images can be copied.
        NotConnected: A cloud does not respond.

    Source: scripts/application_sync_providers.py of Atmosphere v37.
    """
    _check_providers(world, params)
    applications = image_copying.applications_on(params.master_provider_id, now=world.now())
    checks: dict[int, list[Check]] = {}
    for number, application in enumerate(applications):
        if number and number % _PROGRESS_INTERVAL == 0:
            world.progress(f"checked {number} of {len(applications)} applications")
        checks[application.pk] = _checks(world, params, application)
    left_out = [_left_out(app, checks[app.pk]) for app in applications if _problems(checks[app.pk])]
    chosen = [app for app in applications if checks[app.pk] and not _problems(checks[app.pk])]
    hidden = [text for application in applications for text in _skipped(world, params, application)]
    if not chosen and left_out:
        raise Refused(
            what=f"none of the {len(left_out)} applications that a replica lacks can be copied",
            why="; ".join((*left_out, *hidden)),
            next_step="fix each reason, then plan again; to copy a single application, use migrate_image",
        )
    if not chosen:
        where = ", ".join(map(str, params.replica_provider_ids))
        because = f"every application of provider {params.master_provider_id} has its records on provider {where}"
        return Plan(because=because, warnings=tuple(hidden))
    missing = [copy for application in chosen for check in checks[application.pk] for copy in check.missing]
    argv = script_commands.sync(
        params.master_provider_id, params.replica_provider_ids, applications=[application.pk for application in chosen]
    )
    call = calls.run(argv)
    return Plan(
        changes=(call, *(copy.call() for copy in missing)),
        warnings=(
            *warnings.by_hand(call.target, host_is_configured=bool(world.host.prefix)),
            *warnings.table(missing),
            *(text for application in chosen for check in checks[application.pk] for text in check.warnings),
            *left_out,
            *hidden,
        ),
    )


def _check_providers(world: World, params: Params) -> None:
    if params.master_provider_id in params.replica_provider_ids:
        raise Refused(
            what=f"provider {params.master_provider_id} is named as the master and as a replica",
            next_step="name the master once, and name only other providers as replicas",
        )
    for provider_id in (params.master_provider_id, *params.replica_provider_ids):
        image_copying.provider(provider_id, now=world.now())
        world.glance(provider_id)  # refuses here, in one sentence, if no cloud is configured for the provider


def _checks(world: World, params: Params, application: Application) -> list[Check]:
    """Return the check of a copy to each replica that lacks the application."""
    return [
        Route(
            services=world,
            source=params.master_provider_id,
            destination=replica,
            now=world.now(),
            ignore=(OWNER, MEMBERS),  # the script always sets both
        ).check(application)
        for replica in params.replica_provider_ids
        if not image_copying.is_complete_on(application, replica, now=world.now())
    ]


def _problems(checks: list[Check]) -> list[str]:
    return [problem for check in checks for problem in check.problems]


def _left_out(application: Application, checks: list[Check]) -> str:
    return f"left out: application {application.pk} ({application.name}): {'; '.join(_problems(checks))}"


def _skipped(world: World, params: Params, application: Application) -> list[str]:
    """Return the copies that the script skips because their records exist, although the image is not usable."""
    texts: list[str] = []
    for version in images.active_versions(application.pk, now=world.now()):
        for replica in params.replica_provider_ids:
            machines = image_copying.machines(version, replica)
            if not machines or not image_copying.is_complete_on(application, replica, now=world.now()):
                continue
            image_id = machines[-1].instance_source.identifier
            now = state(world.glance(replica).image(image_id), recorded=True)
            if now != COMPLETE:
                texts.append(
                    f"the script skips {application.name} v.{version.name}, as provider {replica} has its records, "
                    f"but it is not copied ({now}); see repair_replica_image"
                )
    return texts
