"""Check a broken copy of an image: what prevents the deletion of its records, and how to copy without deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.systems.db.queries import replica_records
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.db.models.atmosphere.models import ApplicationVersion, ProviderMachine
    from runbook_lib.systems.db.queries.replica_records import Records
    from runbook_lib.systems.openstack.image import Image

_GOOD = "good"


@dataclass(frozen=True)
class BrokenCopy:
    """A copy on a replica, and the intact copy from which it was made.

    Attributes:
        version: The image version of both copies.
        records: The records of the replica's copy.
        master: The machine of the intact copy.
        good: The image of the intact copy.
        command: The command that copies the image again with the existing records.
    """

    version: ApplicationVersion
    records: Records
    master: ProviderMachine
    good: Image
    command: str

    @property
    def image_id(self) -> str:
        """The UUID of both images."""
        return self.records.source.identifier

    @property
    def provider_id(self) -> int:
        """The id of the replica."""
        return self.records.source.provider_id

    @property
    def description(self) -> str:
        """The copy as a noun phrase, for messages."""
        return f"image {self.image_id} on provider {self.provider_id}"


def require_deletable(copy: BrokenCopy, image: Image | None, *, clouds: Mapping[int, str]) -> None:
    """Return if the records can be deleted: the image is gone, and nothing refers to the records.

    Args:
        copy: The copy on the replica.
        image: The copy's image in the replica's Glance; None if it does not exist.
        clouds: Provider id → name of the cloud, for commands.

    Raises:
        Refused: The error lists all obstacles, and the way to copy without deletion if there is one.
    """
    dependents = replica_records.dependents(copy.records)
    state = "" if image is None else _state(image, copy.good)
    if not state and not dependents:
        return
    if image is not None and image.status == "queued" and copy.records.machine is not None:
        hidden = _hidden(copy)
        raise Refused(
            what=f"no deletion is necessary: {copy.description} is queued, and copying again uploads its data",
            why="; ".join(["the script uses the existing records", *hidden, *dependents]),
            next_step=f"on the Atmosphere host: {copy.command} (procedure migrate_image checks it first)",
        )
    if image is not None and state == _GOOD:
        raise Refused(
            what=f"{copy.description} is not broken: it is active and has the checksum of the intact copy",
            why="; ".join([*_hidden(copy), *dependents]),
            next_step="launch an instance from it; if that fails, the copy is not the cause",
        )
    reasons = [
        *([f"{copy.description} is {state}"] if state else []),
        *(f"used by {dependent}" for dependent in dependents),
    ]
    raise Refused(
        what=f"the records of {copy.description} cannot be deleted now: {'; '.join(reasons)}",
        why=_why(state=state, dependents=dependents),
        next_step=_fix(
            copy, clouds.get(copy.provider_id, "CLOUD"), image_exists=image is not None, is_used=bool(dependents)
        ),
    )


def _state(image: Image, good: Image) -> str:
    """Return the problem of the image on the replica as a phrase, or `_GOOD`."""
    if image.status != "active":
        return f"{image.status} in its Glance"
    if image.checksum == good.checksum:
        return _GOOD
    return f"active in its Glance, with another checksum ({image.checksum}) than the intact copy ({good.checksum})"


def _why(*, state: str, dependents: list[str]) -> str:
    why = []
    if state:
        why.append("the nightly monitor_machines (01:00) creates new records for an image that still exists")
    if dependents:
        why.append("the staff guide's lines would delete them too, with their histories and charges")
    return "; ".join(why)


def _fix(copy: BrokenCopy, cloud: str, *, image_exists: bool, is_used: bool) -> str:
    """Return the steps: delete the image, purge, then run this procedure, or the script with the existing records."""
    steps = []
    if image_exists:
        steps.append(commands.openstack("image", "delete", copy.image_id, cloud=cloud))
    steps.append(
        f"ask the operators of provider {copy.provider_id} to run 'glance-manage db purge' (otherwise: HTTP 409)"
    )
    if is_used and copy.records.machine is None:
        steps.append("ask the Atmosphere support team to attach a provider_machine to the instance_source")
    elif is_used:
        steps.append(f"keep the records and copy the image again: {copy.command}")
        steps += _hidden(copy)
    else:
        steps.append("plan again")
    return "; then ".join(steps)


def _hidden(copy: BrokenCopy) -> list[str]:
    source = copy.records.source
    if source.end_date is None:
        return []
    ended = f"instance_source {source.pk} is end-dated ({source.end_date:%Y-%m-%d}) and the script does not change that"
    return [f"{ended}: clear the end date under /admin/core/instancesource/{source.pk}, or users do not see the copy"]
