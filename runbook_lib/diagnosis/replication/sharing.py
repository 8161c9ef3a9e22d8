"""Compare the owner and the members of an image's copies with the rows; reads one cloud at a time."""

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
class ExpectedSharing:
    """The owner and members of one application according to the rows.

    Attributes:
        owner: The name of the owner's project; None if no identity has it.
        members: The names of the projects with which a private application is shared.
    """

    owner: str | None
    members: tuple[str, ...]


@dataclass(frozen=True)
class CloudSharing:
    """The projects and members in one cloud.

    Attributes:
        projects: Project name → its id in the cloud; None if it does not exist.
        members: Image UUID → the ids of the projects with which it is shared.
    """

    projects: Mapping[str, str | None] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def expect(application: Application, *, now: datetime) -> ExpectedSharing:
    """Return the expected owner and members; reads the database."""
    members = image_copying.member_projects(application, now=now) if application.private else []
    return ExpectedSharing(image_copying.owner_project(application), tuple(members))


def read(services: Services, provider_id: int, expected: ExpectedSharing, image_ids: Iterable[str]) -> CloudSharing:
    """Return the projects and members in one cloud, with one request per project name and per image.

    Raises:
        NotConnected, Refused: As `Glance.image` and `Keystone.project_id` do.
    """
    glance, keystone = services.glance(provider_id), services.keystone(provider_id)
    names = dict.fromkeys([*([expected.owner] if expected.owner else []), *expected.members])
    existing = [image_id for image_id, image in glance.images(image_ids).items() if image is not None]
    return CloudSharing(keystone.project_ids(names), {image_id: glance.members(image_id) for image_id in existing})


def compare(row: CopyRow, image: Image, expected: ExpectedSharing, actual: CloudSharing) -> Iterator[Difference]:
    """Yield the differences of a copy's owner and members from the rows.

    A member without a project in the cloud cannot get access and is skipped, as in the script that copies.
    """
    name = f"{row.application} v.{row.version}"
    identity = (row.provider_id, row.image_id, row.application_id, name, row.version)
    owner = actual.projects.get(expected.owner or "")
    if owner is not None and image.owner != owner:
        yield Difference(
            OWNER, *identity, f"project {image.owner} owns it, not {owner} of {expected.owner}", row.source_id
        )
    if image.is_open_to_all or not row.is_private:
        return
    members = set(actual.members.get(row.image_id, ()))
    ids = {member: actual.projects.get(member) for member in expected.members}
    missing = [member for member, key in ids.items() if key is not None and key not in {*members, image.owner}]
    if missing:
        yield Difference(MEMBERS, *identity, f"not shared with {', '.join(missing)}", row.source_id)
