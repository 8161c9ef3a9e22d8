"""A broken copy of an image: what keeps its records from being deleted, and the way that deletes nothing."""

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
    """A copy on a replica, and the good one.

    Attributes:
        version: What both are copies of.
        records: Its records.
        master: The machine of the good copy.
        good: The good copy's image.
        command: What makes the one from the other, with the records that are there.
    """

    version: ApplicationVersion
    records: Records
    master: ProviderMachine
    good: Image
    command: str

    @property
    def image_id(self) -> str:
        """The UUID, which both have."""
        return self.records.source.identifier

    @property
    def provider_id(self) -> int:
        """The replica."""
        return self.records.source.provider_id

    @property
    def words(self) -> str:
        """The copy in words, for messages."""
        return f"image {self.image_id} on provider {self.provider_id}"


def check_gone(copy: BrokenCopy, found: Image | None, *, clouds: Mapping[int, str]) -> None:
    """Return if the records can be deleted: the image is gone, and nothing refers to them.

    Args:
        copy: The copy.
        found: Its image in the replica's Glance.
        clouds: Provider id → name of the cloud, for commands.

    Raises:
        Refused: With everything that stands in the way, and the route that deletes nothing where there is one.
    """
    needed = replica_records.dependents(copy.records)
    state = "" if found is None else _state(found, copy.good)
    if not state and not needed:
        return
    if found is not None and found.status == "queued" and copy.records.machine is not None:
        hidden = _hidden(copy)
        raise Refused(
            what=f"nothing has to be deleted: {copy.words} is queued, and copying again uploads its data",
            why="; ".join(["the script uses the records that are there", *hidden, *needed]),
            next_step=f"on the Atmosphere host: {copy.command} (procedure migrate_image checks it first)",
        )
    if found is not None and state == _GOOD:
        raise Refused(
            what=f"{copy.words} is not broken: it is active and has the checksum of the copy it was made from",
            why="; ".join([*_hidden(copy), *needed]),
            next_step="launch an instance from it; if that fails, the fault is not in the copy",
        )
    reasons = [*([f"{copy.words} is {state}"] if state else []), *(f"used by {one}" for one in needed)]
    raise Refused(
        what=f"the records of {copy.words} must not be deleted now: {'; '.join(reasons)}",
        why=_why(state=state, needed=needed),
        next_step=_mend(copy, clouds.get(copy.provider_id, "CLOUD"), is_there=found is not None, is_used=bool(needed)),
    )


def _state(found: Image, good: Image) -> str:
    """Return what is the matter with the image on the replica."""
    if found.status != "active":
        return f"{found.status} in its Glance"
    if found.checksum == good.checksum:
        return _GOOD
    return f"active in its Glance, with another checksum ({found.checksum}) than the good copy ({good.checksum})"


def _why(*, state: str, needed: list[str]) -> str:
    why = []
    if state:
        why.append("the nightly monitor_machines (01:00) makes records anew for an image that is still there")
    if needed:
        why.append("with the staff guide's lines they would be deleted too, with histories and what was charged")
    return "; ".join(why)


def _mend(copy: BrokenCopy, cloud: str, *, is_there: bool, is_used: bool) -> str:
    """Return the steps: delete the image, purge, then this procedure, or the script with the records kept."""
    steps = []
    if is_there:
        steps.append(commands.openstack("image", "delete", copy.image_id, cloud=cloud))
    steps.append(f"let the operators of provider {copy.provider_id} run 'glance-manage db purge' (else: HTTP 409)")
    if is_used and copy.records.machine is None:
        steps.append("ask the Atmosphere support team to attach a provider_machine to the instance_source again")
    elif is_used:
        steps.append(f"keep the records and copy with them: {copy.command}")
        steps += _hidden(copy)
    else:
        steps.append("plan again")
    return "; then ".join(steps)


def _hidden(copy: BrokenCopy) -> list[str]:
    source = copy.records.source
    if source.end_date is None:
        return []
    ended = f"instance_source {source.pk} is end-dated ({source.end_date:%Y-%m-%d}) and the script leaves that"
    return [f"{ended}: clear it under /admin/core/instancesource/{source.pk}, or nobody sees the copy"]
