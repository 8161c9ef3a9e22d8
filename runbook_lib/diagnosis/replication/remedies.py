"""What to do about each thing that is wrong with a copy of an image: a sentence, a command, a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication import compare
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.diagnosis.replication.compare import Difference

# What a remedy does; which procedure that is, the procedure that offers it knows.
REPAIR, MIGRATE, SYNC, PUBLICIZE, TRIAGE = "repair", "migrate", "sync", "publicize", "triage"
_PAGE = "concepts/replication.html"


@dataclass(frozen=True)
class Remedy:
    """What to do.

    Attributes:
        text: In words.
        does: Such as `REPAIR`, when a procedure does it; empty when none does.
        command: What to type where no procedure does it; may be empty.
        page: The page that tells more.
    """

    text: str
    does: str = ""
    command: str = ""
    page: str = _PAGE


def remedy(found: Difference, *, master: int, clouds: Mapping[int, str], many: bool = False) -> Remedy:
    """Return what to do about one finding.

    Args:
        found: The finding.
        master: The provider that the copies are made from.
        clouds: Provider → its entry in ``clouds.yaml``, for commands.
        many: Whether other images lack there too: then all are copied together.
    """
    cloud = clouds.get(found.provider_id, "CLOUD")
    if found.kind == compare.EXPOSED:
        command = commands.openstack("image", "set", "--shared", found.image_id, cloud=cloud)
        return Remedy("Hide it from everybody, or publicize the image if that is meant.", command=command)
    if found.kind == compare.NOT_PUBLIC:
        return Remedy("Make every copy public.", PUBLICIZE)
    if found.kind == compare.UNKNOWN_IMAGE:
        return _unknown(found, cloud)
    if found.kind in {compare.HIDDEN, compare.ENDED_ON_MASTER}:
        text = "Clear the end date if the image is to be used" if found.kind == compare.HIDDEN else "Make both the same"
        return Remedy(f"{text}: /admin/core/instancesource/{found.source_id}.")
    if found.provider_id == master:
        return Remedy("This is the master's own copy: no script mends it. Ask support.", page="tools/support.html")
    return _of_a_replica(found, many=many)


def _of_a_replica(found: Difference, *, many: bool) -> Remedy:
    if found.kind == compare.NOT_COPIED:
        return Remedy("Copy everything that is not there.", SYNC) if many else Remedy("Copy it.", MIGRATE)
    again = found.kind in {compare.OWNER, compare.MEMBERS, compare.METADATA}
    if again or (found.kind == compare.NOT_ACTIVE and found.detail == "queued"):
        return Remedy("Copy it again: the script uses what is there.", MIGRATE)
    if found.kind == compare.NOT_ACTIVE and found.detail == "deactivated":
        return Remedy("Ask the cloud's operators why they have deactivated it; they can activate it again.")
    return Remedy("Remove the broken copy's records, so that it is copied anew.", REPAIR)


def _unknown(found: Difference, cloud: str) -> Remedy:
    if found.request_id is not None:
        return Remedy("An imaging request is not finished.", TRIAGE)
    show = commands.openstack("image", "show", found.image_id, cloud=cloud)
    return Remedy("Find out whose it is; delete it only if nothing needs it.", command=show)
