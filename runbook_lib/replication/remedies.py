"""What to do about each thing that is wrong with a copy of an image: a sentence, a command, a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.replication import comparison as kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.replication.comparison import Finding

REPAIR, MIGRATE, SYNC, PUBLICIZE = "repair_replica_image", "migrate_image", "sync_replica_images", "publicize_image"
_PAGE = "concepts/replication.html"


@dataclass(frozen=True)
class Remedy:
    """What to do.

    Attributes:
        text: In words.
        procedure: The procedure that plans it; empty when none does.
        given: Its parameters.
        looks: Whether it only looks.
        command: What to type where no procedure does it; may be empty.
        page: The page that tells more.
    """

    text: str
    procedure: str = ""
    given: tuple[tuple[str, object], ...] = ()
    looks: bool = False
    command: str = ""
    page: str = _PAGE


def remedy(found: Finding, *, master: int, clouds: Mapping[int, str], many: bool = False) -> Remedy:
    """Return what to do about one finding.

    Args:
        found: The finding.
        master: The provider that the copies are made from.
        clouds: Provider → its entry in ``clouds.yaml``, for commands.
        many: Whether other images lack there too: then all are copied together.
    """
    cloud = clouds.get(found.provider_id, "CLOUD")
    if found.kind == kinds.EXPOSED:
        command = f"openstack --os-cloud {cloud} image set --shared {found.image_id}"
        return Remedy("Hide it from everybody, or publicize the image if that is meant.", command=command)
    if found.kind == kinds.NOT_PUBLIC:
        return _procedure("Make every copy public.", PUBLICIZE, application_id=found.application_id)
    if found.kind == kinds.UNKNOWN_IMAGE:
        return _unknown(found, cloud)
    if found.kind in {kinds.HIDDEN, kinds.ENDED_ON_MASTER}:
        text = "Clear the end date if the image is to be used" if found.kind == kinds.HIDDEN else "Make both the same"
        return Remedy(f"{text}: /admin/core/instancesource/{found.source_id}.")
    if found.provider_id == master:
        return Remedy("This is the master's own copy: no script mends it. Ask support.", page="tools/support.html")
    return _of_a_replica(found, master, many=many)


def _of_a_replica(found: Finding, master: int, *, many: bool) -> Remedy:
    if found.kind == kinds.NOT_COPIED and many:
        given = {"master_provider_id": master, "replica_provider_ids": found.provider_id}
        return _procedure("Copy everything that is not there.", SYNC, **given)
    again = found.kind in {kinds.NOT_COPIED, kinds.OWNER, kinds.MEMBERS, kinds.METADATA}
    if again or (found.kind == kinds.NOT_ACTIVE and found.detail == "queued"):
        text = "Copy it." if found.kind == kinds.NOT_COPIED else "Copy it again: the script uses what is there."
        return _procedure(
            text,
            MIGRATE,
            application_id=found.application_id,
            destination_provider_id=found.provider_id,
            source_provider_id=master,
        )
    if found.kind == kinds.NOT_ACTIVE and found.detail == "deactivated":
        return Remedy("Ask the cloud's operators why they have deactivated it; they can activate it again.")
    return _procedure(
        "Remove the broken copy's records, so that it is copied anew.",
        REPAIR,
        application_id=found.application_id,
        version_name=found.version,
        replica_provider_id=found.provider_id,
    )


def _unknown(found: Finding, cloud: str) -> Remedy:
    if found.request_id is not None:
        given = (("request_id", found.request_id),)
        return Remedy("An imaging request is not finished.", "triage_imaging_request", given, looks=True)
    show = f"openstack --os-cloud {cloud} image show {found.image_id}"
    return Remedy("Find out whose it is; delete it only if nothing needs it.", command=show)


def _procedure(text: str, name: str, **given: object) -> Remedy:
    return Remedy(text, name, tuple(given.items()), page=f"runbooks/{name.replace('_', '-')}.html")
