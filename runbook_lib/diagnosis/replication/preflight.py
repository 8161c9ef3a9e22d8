"""Look, before a script runs, at everything it will need: owners, members, versions, images on both sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.systems.db.queries import image_copying, images
from runbook_lib.world.image_copies import COMPLETE, ImageCopy, state

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.systems.db.models.atmosphere.models import Application, ApplicationVersion
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.world.image_copies import Services

OWNER, MEMBERS = "--ignore-missing-owner", "--ignore-missing-members"
_PARTS = ("kernel_id", "ramdisk_id")
_UPLOADABLE = ("queued", "active")


@dataclass
class Check:
    """What one application's copy to one provider comes to.

    Attributes:
        copies: Every image concerned, the complete ones too.
        problems: What makes the script fail, a sentence each.
        warnings: What it does that the operator may not expect.
        versions: How many versions there are to copy.
    """

    copies: list[ImageCopy] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    versions: int = 0

    @property
    def complete(self) -> bool:
        """Whether every version is there, so that the script has nothing to bring."""
        wanted = [copy for copy in self.copies if copy.version_id is not None]
        return 0 < self.versions == len(wanted) and not self.missing

    @property
    def missing(self) -> list[ImageCopy]:
        """The copies that are not complete."""
        return [copy for copy in self.copies if copy.state != COMPLETE]


@dataclass(frozen=True)
class Route:
    """From where to where an application is copied, and who may be missing there.

    Attributes:
        services: The clouds.
        source: The provider that has the image.
        destination: The provider that gets it.
        now: The present time, UTC.
        ignore: Which of `OWNER` and `MEMBERS` the operator accepts.
    """

    services: Services
    source: int
    destination: int
    now: datetime
    ignore: tuple[str, ...]

    def check(self, application: Application) -> Check:
        """Return what would be copied, what would fail and what to know. Reads the database, Glance and Keystone.

        Raises:
            NotConnected: A cloud does not answer.
            Refused: No cloud is configured for a provider, or its account may not read.

        Source: scripts/application_to_provider.py of Atmosphere v37.
        """
        found = Check()
        self._owner(application, found)
        if application.private:
            self._members(application, found)
        versions = images.active_versions(application.pk, now=self.now)
        if not versions:
            found.problems.append(f"{_named(application)} has no active version: the script would do nothing")
        found.versions = len(versions)
        for version in versions:
            self._version(application, version, found)
        return found

    def _owner(self, application: Application, found: Check) -> None:
        keystone = self.services.keystone(self.destination)
        admin = image_copying.admin_project(self.destination)
        if admin is None or keystone.project_id(admin) is None:
            found.problems.append(
                f"provider {self.destination} has no admin identity whose project exists there ({admin or 'none'})"
            )
        owner = image_copying.owner_project(application)
        if owner is None:
            found.problems.append(
                f"{_named(application)} has no created_by_identity, and the script takes its owner from there"
            )
        elif keystone.project_id(owner) is None:
            who = f"the project {owner!r} of the owner of {_named(application)}"
            self._absent(found, OWNER, who, f"the owner becomes {admin!r} there")

    def _members(self, application: Application, found: Check) -> None:
        names = image_copying.member_projects(application, now=self.now)
        projects = self.services.keystone(self.destination).project_ids(names)
        absent = [repr(name) for name, project in projects.items() if project is None]
        if absent:
            who = f"projects named like these members of {_named(application)}: {', '.join(absent)}"
            self._absent(found, MEMBERS, who, "it is not shared with them there")

    def _absent(self, found: Check, flag: str, who: str, consequence: str) -> None:
        """Note who has no project on the destination: a problem, or a warning when the operator accepts it."""
        text = f"provider {self.destination} does not have {who}"
        if flag in self.ignore:
            found.warnings.append(f"{text}; {consequence}")
        else:
            parameter = flag.removeprefix("--").replace("-", "_")
            found.problems.append(f"{text}; with {parameter}=True {consequence}")

    def _version(self, application: Application, version: ApplicationVersion, found: Check) -> None:
        """Look at one version on both sides."""
        name = f"{application.name} v.{version.name}"
        here = image_copying.machines(version, self.source)
        if not here:
            found.problems.append(f"{name} has no machine on provider {self.source}, so the whole application fails")
            return
        source = here[0].instance_source
        if len(here) > 1:
            found.warnings.append(
                f"{name} has {len(here)} machines on provider {self.source}; the script takes the first one the "
                f"database gives it, most likely {here[0].pk} (image {source.identifier})"
            )
        if source.end_date is not None and source.end_date <= self.now:
            found.warnings.append(f"{name} is end-dated on provider {self.source}; a new copy is end-dated as well")
        there = image_copying.machines(version, self.destination)
        if there and (ended := there[-1].instance_source.end_date) is not None and ended <= self.now:
            found.warnings.append(
                f"{name} is end-dated on provider {self.destination}: it stays hidden until its end date is cleared"
            )
        in_the_way = None if there else image_copying.conflicting_source(source.identifier, self.destination)
        if in_the_way is not None:
            found.problems.append(
                f"{name}: instance_source {in_the_way.pk} has this image on provider {self.destination} already, "
                "without a machine of this version, and a second one is refused; repair the replica first "
                "(repair_replica_image)"
            )
        self._image(name, source.identifier, version=version, found=found, recorded=bool(there))

    def _image(self, name: str, image_id: str, *, version: ApplicationVersion, found: Check, recorded: bool) -> None:
        """Look at one image on both sides, and at the kernel and ramdisk it may need."""
        image = self.services.glance(self.source).image(image_id)
        there = self.services.glance(self.destination).image(image_id)
        if image is None:
            found.problems.append(f"{name}: Glance of provider {self.source} has no image {image_id}")
            return
        self._data(name, image, there, found)
        size = 0 if there is not None and there.status == "active" else image.size or 0
        now = state(there, recorded=recorded)
        found.copies.append(ImageCopy(name, image_id, self.destination, version.pk, now, size))
        parts = [image.properties[part] for part in _PARTS if image.properties.get(part)]
        if len(parts) == 1:
            found.problems.append(f"{name}: the image names only one of kernel_id and ramdisk_id, and needs both")
            return
        for part in parts:
            self._part(f"{name}, its kernel or ramdisk", part, found)

    def _part(self, name: str, image_id: str, found: Check) -> None:
        image = self.services.glance(self.source).image(image_id)
        if image is None:
            found.problems.append(f"{name}: Glance of provider {self.source} has no image {image_id}")
            return
        there = self.services.glance(self.destination).image(image_id)
        self._data(name, image, there, found)
        size = 0 if there is not None and there.status == "active" else image.size or 0
        now = state(there, recorded=True, part=True)
        found.copies.append(ImageCopy(name, image_id, self.destination, None, now, size))

    def _data(self, name: str, image: Image, there: Image | None, found: Check) -> None:
        """Note what keeps the data from being copied or compared."""
        if there is not None and there.status not in _UPLOADABLE:
            found.problems.append(
                f"{name}: image {there.id} is {there.status} on provider {self.destination}; only a queued one takes "
                "data. Delete it there and repair the replica (repair_replica_image)"
            )
        elif there is not None and there.status == "active":
            if there.checksum != image.checksum:
                found.warnings.append(
                    f"{name}: the data on provider {self.destination} is another; it is left as it is"
                )
        elif image.status != "active":
            found.problems.append(
                f"{name}: image {image.id} is {image.status} on provider {self.source}, so its data can't be read"
            )


def _named(application: Application) -> str:
    return f"application {application.pk} ({application.name})"
