"""Delete the records of a broken copy of an image on a replica, so that the next synchronization copies it anew."""

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

MINUTES = 15
NEEDS = ("atmosphere", "glance")


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which copy."""

    application_id: int = APPLICATION_ID(example=1208)
    version_name: str = param("The version whose copy is broken.", where="the image's page", example="1.0")
    replica_provider_id: int = PROVIDER_ID("with the broken copy; never the one that the image was made on.", example=5)


def plan(world: World, params: Params) -> Plan:
    """Return the deletion of the copy's memberships, machine and source, in this order: children before parents.

    Raises:
        TargetNotFound: No such application, version or provider.
        Refused: Copying again is enough, or the image is still in the replica's Glance; there is no good copy
            elsewhere, or this one is the master; something refers to the records. What stands in the way is listed.
        NotConnected: The replica's Glance does not answer.

    Source: scripts/application_to_provider.py and application_sync_providers.py of Atmosphere v37.
    """
    application = images.application(params.application_id)
    version = replica_records.version(application, params.version_name)
    _check_in_use(application, version)
    image_copying.provider(params.replica_provider_id, now=world.now())
    world.glance(params.replica_provider_id)  # refused here, in one sentence, when no cloud is configured for it
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
    """Refuse what the scripts would not copy anyway."""
    for what, end in (("", application.end_date), (f", version {version.name},", version.end_date)):
        if end is not None:
            raise Refused(
                what=f"application {application.pk} ({application.name}){what} was end-dated on {end:%Y-%m-%d}",
                why="the scripts copy active versions of active applications only: it would not come back",
                next_step="clear the end date first, if it is to be used again",
            )


def _find(world: World, version: ApplicationVersion, provider_id: int) -> BrokenCopy | None:
    """Return the copy and a good one elsewhere; None when the provider has no record of the version.

    Raises:
        Refused: No other provider has a good copy: this one is the master, or all there is.
    """
    problems: list[str] = []
    seen: set[str] = set()
    for master in replica_records.copies_elsewhere(version, provider_id):
        image_id, there = master.instance_source.identifier, master.instance_source.provider_id
        records = replica_records.records(image_id, provider_id)
        if records is None:
            continue
        seen.add(image_id)
        try:
            image = world.glance(there).image(image_id)
        except NothingChanged as error:
            problems.append(f"provider {there}: {error.what}")
            continue
        if image is not None and image.status == "active":
            command = shlex.join(script_commands.migrate(version.application_id, provider_id, there))
            return BrokenCopy(version, records, master, image, command)
        problems.append(f"provider {there}: its image is {image.status if image else 'not in its Glance'}")
    own = [one.instance_source.identifier for one in replica_records.copies_on(version, provider_id)]
    if not own and not seen:
        return None
    raise Refused(
        what=f"no other provider has a good copy of {', '.join(sorted(seen) or own)}",
        why="; ".join(problems) or f"only provider {provider_id} has this image: it is no replica",
        next_step=(
            f"keep the records: what provider {provider_id} has is all there is. Mend a copy elsewhere first, or "
            "end-date the version and ask its owner to request it anew"
        ),
    )


def _check_is_a_replica(copy: BrokenCopy) -> None:
    """Refuse the master, and a machine of another version."""
    machine = copy.records.machine
    if copy.records.is_original:
        raise Refused(
            what=f"{copy.description} is no replica: it was made there",
            why=(
                f"instance_source {copy.records.source.pk} has a creating identity or a size, which the scripts that "
                "copy leave empty"
            ),
            next_step=f"name the provider with the broken copy; to copy to this one, records kept: {copy.command}",
        )
    if machine is not None and machine.application_version_id not in (None, copy.version.pk):
        other = machine.application_version
        named = f"{other.application.name} {other.name}" if other else ""
        raise Refused(
            what=f"{copy.description} belongs to another version: {named}",
            why=f"provider_machine {machine.pk} would be deleted from there",
            next_step="repair that version, or move it back first: move_image_version",
        )


def _deletions(records: Records) -> tuple[RowChange, ...]:
    machine = () if records.machine is None else (edits.delete(records.machine),)
    return (*map(edits.delete, records.memberships), *machine, edits.delete(records.source))


def _notes(copy: BrokenCopy, application: Application) -> list[str]:
    source = copy.records.source
    notes = []
    if copy.records.machine is not None and source.end_date is None:
        notes.append(
            "for this one application nothing has to be deleted: the image is gone, and the script uses the records "
            f"that are there: {copy.command}. Only application_sync_providers.py passes over what has records"
        )
    there = copy.master.instance_source.provider_id
    sync = shlex.join(script_commands.sync(there, [copy.provider_id], applications=[application.pk]))
    purge = f"'glance-manage db purge' ran on provider {copy.provider_id}"
    notes += [
        f"afterwards, to copy it anew from provider {there}: {sync}",
        f"Glance answers HTTP 409 to a UUID that it deleted, until {purge}: ask its operators before you copy",
        "undo brings every row back under its key, as long as nothing was copied anew",
    ]
    if count := len(copy.records.memberships):
        notes.append(f"{count} membership(s) go with the machine; monitor_machines (01:00) sets those of shared images")
    return notes
