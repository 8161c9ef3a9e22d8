"""Return the remedy for each difference of a copy: a sentence, a command, a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication import compare
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.diagnosis.replication.compare import Difference

# The actions of remedies; the procedure that offers a remedy maps the action to a procedure.
REPAIR, MIGRATE, SYNC, PUBLICIZE, TRIAGE = "repair", "migrate", "sync", "publicize", "triage"
_PAGE = "concepts/replication.html"


@dataclass(frozen=True)
class Remedy:
    """The remedy for a difference.

    Attributes:
        text: What to do, as a sentence.
        action: An action such as `REPAIR` if a procedure does it; empty otherwise.
        command: A command if no procedure does it; can be empty.
        page: The page with details.
    """

    text: str
    action: str = ""
    command: str = ""
    page: str = _PAGE


def remedy(difference: Difference, *, master: int, clouds: Mapping[int, str], many: bool = False) -> Remedy:
    """Return the remedy for one difference.

    Args:
        difference: The difference.
        master: The id of the provider from which the copies are made.
        clouds: Provider id → its entry in ``clouds.yaml``, for commands.
        many: Whether the provider lacks other images too; then all are copied together.
    """
    cloud = clouds.get(difference.provider_id, "CLOUD")
    if difference.kind == compare.EXPOSED:
        command = commands.openstack("image", "set", "--shared", difference.image_id, cloud=cloud)
        return Remedy("Hide it from other users, or publicize the image if that is the intent.", command=command)
    if difference.kind == compare.NOT_PUBLIC:
        return Remedy("Make every copy public.", PUBLICIZE)
    if difference.kind == compare.UNKNOWN_IMAGE:
        return _unknown(difference, cloud)
    if difference.kind in {compare.HIDDEN, compare.ENDED_ON_MASTER}:
        hidden = difference.kind == compare.HIDDEN
        text = "Clear the end date if users need the image" if hidden else "Make both end dates equal"
        return Remedy(f"{text}: /admin/core/instancesource/{difference.source_id}.")
    if difference.provider_id == master:
        return Remedy(
            "This is the master's own copy; no script can fix it. Write to support.", page="tools/support.html"
        )
    return _replica_remedy(difference, many=many)


def _replica_remedy(difference: Difference, *, many: bool) -> Remedy:
    if difference.kind == compare.NOT_COPIED:
        return Remedy("Copy every missing image.", SYNC) if many else Remedy("Copy it.", MIGRATE)
    is_metadata = difference.kind in {compare.OWNER, compare.MEMBERS, compare.METADATA}
    if is_metadata or (difference.kind == compare.NOT_ACTIVE and difference.detail == "queued"):
        return Remedy("Copy it again; the script uses the existing data.", MIGRATE)
    if difference.kind == compare.NOT_ACTIVE and difference.detail == "deactivated":
        return Remedy("Ask the cloud operators why they deactivated it; they can reactivate it.")
    return Remedy("Delete the broken copy's records, so that the image is copied again.", REPAIR)


def _unknown(difference: Difference, cloud: str) -> Remedy:
    if difference.request_id is not None:
        return Remedy("An imaging request is unfinished.", TRIAGE)
    show = commands.openstack("image", "show", difference.image_id, cloud=cloud)
    return Remedy("Find its owner. Delete it only if nothing requires it.", command=show)
