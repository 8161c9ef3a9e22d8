"""Whom the copies of one image are shared with and who owns them, held against the rows; asks one cloud."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.replication.compare import MEMBERS, OWNER, Difference
from runbook_lib.systems.db.queries import image_copying

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from runbook_lib.systems.db.models.atmosphere.models import Application
    from runbook_lib.systems.db.queries.image_copies import CopyRow
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.world.image_copies import Services


@dataclass(frozen=True)
class WantedSharing:
    """What the rows say of one application.

    Attributes:
        owner: The name of the owner's project; None when no identity tells it.
        members: The names of the projects that a private application is shared with.
    """

    owner: str | None
    members: tuple[str, ...]


@dataclass(frozen=True)
class ShownSharing:
    """What one cloud says.

    Attributes:
        projects: Project name → its id there, or None.
        members: Image → the ids of the projects it is shared with.
    """

    projects: Mapping[str, str | None] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def wanted(application: Application, *, now: datetime) -> WantedSharing:
    """Return what the rows say; reads the database."""
    members = image_copying.member_projects(application, now=now) if application.private else []
    return WantedSharing(image_copying.owner_project(application), tuple(members))


def shown(services: Services, provider_id: int, expected: WantedSharing, image_ids: Iterable[str]) -> ShownSharing:
    """Return what one cloud says: a request for each project's name, and one for each shared image.

    Raises:
        NotConnected, Refused: As `Glance.image` and `Keystone.project_id` do.
    """
    glance, keystone = services.glance(provider_id), services.keystone(provider_id)
    names = dict.fromkeys([*([expected.owner] if expected.owner else []), *expected.members])
    there = [image_id for image_id, image in glance.images(image_ids).items() if image is not None]
    return ShownSharing(keystone.project_ids(names), {image_id: glance.members(image_id) for image_id in there})


def compare(row: CopyRow, image: Image, expected: WantedSharing, said: ShownSharing) -> Iterator[Difference]:
    """Yield what owner and members of one copy have against the rows.

    A member without a project there can't be shared with, and is left out: the script that copies leaves it out too.
    """
    name = f"{row.application} v.{row.version}"
    where = (row.provider_id, row.image_id, row.application_id, name, row.version)
    owner = said.projects.get(expected.owner or "")
    if owner is not None and image.owner != owner:
        yield Difference(OWNER, *where, f"project {image.owner} owns it, {expected.owner}'s is {owner}", row.source_id)
    if image.visibility != "shared" or not row.is_private:
        return
    members = set(said.members.get(row.image_id, ()))
    ids = {member: said.projects.get(member) for member in expected.members}
    lacking = [member for member, key in ids.items() if key is not None and key not in {*members, image.owner}]
    if lacking:
        yield Difference(MEMBERS, *where, f"not shared with {', '.join(lacking)}", row.source_id)
