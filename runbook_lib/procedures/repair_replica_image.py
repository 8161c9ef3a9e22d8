"""Delete the records of a broken copy of an image on a replica, so that the next synchronization copies it again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication import broken_copy, script_commands
from runbook_lib.diagnosis.replication.broken_copy import BrokenCopy
from runbook_lib.errors import NothingChanged, Refused
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import APPLICATION_ID, PROVIDER_ID
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import image_copying, images, replica_records

if TYPE_CHECKING:
    from runbook_lib.model import RowChange
    from runbook_lib.systems.db.models.atmosphere.models import Application, ApplicationVersion
    from runbook_lib.systems.db.queries.replica_records import Records
    from runbook_lib.world.world import World

GROUP = "Images and replicas"
MINUTES = 15
NEEDS = ("atmosphere", "glance")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The broken copy."""

    application_id: int = APPLICATION_ID(example=1208)
    version_name: str = param("The version with the broken copy.", where="the image's page", example="1.0")
    replica_provider_id: int = PROVIDER_ID(
        "with the broken copy, never the provider where the image was made.", example=5
    )


def plan(world: World, params: Params) -> Plan:
    """Return the deletion of the copy's memberships, machine and source, in this order: children before parents.

    Raises:
        TargetNotFound: The application, the version or the provider does not exist.
        Refused: Copying again is enough; the image is still in the replica's Glance; no other provider has a good copy;
            this copy is the master; or other rows refer to the records, which the refusal lists.
        NotConnected: The replica's Glance does not respond.

    Source: scripts/application_to_provider.py and application_sync_providers.py of Atmosphere v37.
    """
    application = images.application(params.application_id)
    version = replica_records.version(application, params.version_name)
    _check_in_use(application, version)
    image_copying.provider(params.replica_provider_id, now=world.now())
    world.glance(
        params.replica_provider_id
    )  # refuses here, in one sentence, if no cloud is configured for the provider
    copy = _find(world, version, params.replica_provider_id)
    if copy is None:
        return Plan(
            because=(
                f"provider {params.replica_provider_id} has no record of application {application.pk} "
                f"({application.name}) {version.name}: the next synchronization copies it"
            )
        )
    _check_is_a_replica(copy)
    broken_copy.require_deletable(
        copy, world.glance(copy.provider_id).image(copy.image_id), clouds=world.endpoints.clouds
    )
    return Plan(
        changes=_deletions(copy.records),
        warnings=tuple(_notes(copy, application)),
        expects=(
            edits.expect(copy.master.instance_source, "end_date", "identifier"),
            edits.expect(version, "end_date", "application_id"),
        ),
    )


def _check_in_use(application: Application, version: ApplicationVersion) -> None:
    """Refuse an application or version that the scripts would not copy."""
    for what, end in (("", application.end_date), (f", version {version.name},", version.end_date)):
        if end is not None:
            raise Refused(
                what=f"application {application.pk} ({application.name}){what} was end-dated on {end:%Y-%m-%d}",
                why="the scripts copy only active versions of active applications, so the copy would not return",
                next_step="clear the end date first, if users should see it again",
            )


def _find(world: World, version: ApplicationVersion, provider_id: int) -> BrokenCopy | None:
    """Return the copy, with a good copy elsewhere; None if the provider has no record of the version.

    Raises:
        Refused: No other provider has a good copy: this one is the master, or the only copy.
    """
    problems: list[str] = []
    good_ids: set[str] = set()
    for master in replica_records.copies_elsewhere(version, provider_id):
        image_id, source_id = master.instance_source.identifier, master.instance_source.provider_id
        records = replica_records.records(image_id, provider_id)
        if records is None:
            continue
        good_ids.add(image_id)
        try:
            image = world.glance(source_id).image(image_id)
        except NothingChanged as error:
            problems.append(f"provider {source_id}: {error.what}")
            continue
        if image is not None and image.status == "active":
            command = shlex.join(script_commands.migrate(version.application_id, provider_id, source_id))
            return BrokenCopy(version, records, master, image, command)
        problems.append(f"provider {source_id}: its image is {image.status if image else 'not in its Glance'}")
    own = [machine.instance_source.identifier for machine in replica_records.copies_on(version, provider_id)]
    if not own and not good_ids:
        return None
    raise Refused(
        what=f"no other provider has a good copy of {', '.join(sorted(good_ids) or own)}",
        why="; ".join(problems) or f"only provider {provider_id} has this image: it is not a replica",
        next_step=(
            f"keep the records: provider {provider_id} has the only copy. Fix a copy on another provider first, or "
            "end-date the version and ask its owner to submit a new imaging request"
        ),
    )


def _check_is_a_replica(copy: BrokenCopy) -> None:
    """Refuse the master, and a machine of another version."""
    machine = copy.records.machine
    if copy.records.is_original:
        raise Refused(
            what=f"{copy.description} is not a replica: it was made there",
            why=(
                f"instance_source {copy.records.source.pk} has a creating identity or a size, which the scripts "
                "leave empty"
            ),
            next_step=f"give the provider with the broken copy; to copy to this one, records kept: {copy.command}",
        )
    if machine is not None and machine.application_version_id not in (None, copy.version.pk):
        other = machine.application_version
        named = f"{other.application.name} {other.name}" if other else ""
        raise Refused(
            what=f"{copy.description} belongs to another version: {named}",
            why=f"the plan would delete provider_machine {machine.pk} from that version",
            next_step="repair that version, or first move it back with move_image_version",
        )


def _deletions(records: Records) -> tuple[RowChange, ...]:
    machine = () if records.machine is None else (edits.delete(records.machine),)
    return (*map(edits.delete, records.memberships), *machine, edits.delete(records.source))


def _notes(copy: BrokenCopy, application: Application) -> list[str]:
    source = copy.records.source
    notes = []
    if copy.records.machine is not None and source.end_date is None:
        notes.append(
            "for this application alone, no deletion is necessary: the image is gone, and the script reuses its "
            f"records: {copy.command}. Only application_sync_providers.py skips an image with records"
        )
    source_id = copy.master.instance_source.provider_id
    sync = shlex.join(script_commands.sync(source_id, [copy.provider_id], applications=[application.pk]))
    purge = f"'glance-manage db purge' ran on provider {copy.provider_id}"
    notes += [
        f"afterwards, to copy the image again from provider {source_id}: {sync}",
        f"Glance responds HTTP 409 to a UUID that it deleted, until {purge}: ask its operators before you copy",
        "undo restores every row under its key, as long as nothing was copied again",
    ]
    if count := len(copy.records.memberships):
        notes.append(f"{count} membership(s) go with the machine; monitor_machines (01:00) sets those of shared images")
    return notes
