"""Check, before a script runs, everything that it requires: owners, members, versions, images on both sides."""

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
    """The result of the check for the copy of one application to one provider.

    Attributes:
        copies: Every affected image, including complete copies.
        problems: The reasons why the script would fail, one sentence each.
        warnings: Effects that the operator might not expect.
        versions: The number of versions to copy.
    """

    copies: list[ImageCopy] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    versions: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether every version has a complete copy, so that the script has nothing to copy."""
        versions = [copy for copy in self.copies if copy.version_id is not None]
        return 0 < self.versions == len(versions) and not self.missing

    @property
    def missing(self) -> list[ImageCopy]:
        """The incomplete copies."""
        return [copy for copy in self.copies if copy.state != COMPLETE]


@dataclass(frozen=True)
class Route:
    """The source and the destination of a copy, and the missing projects that the operator accepts.

    Attributes:
        services: The services of the clouds.
        source: The id of the provider that has the image.
        destination: The id of the provider that receives the image.
        now: The current time, UTC.
        ignore: `OWNER` or `MEMBERS` or both, as accepted by the operator.
    """

    services: Services
    source: int
    destination: int
    now: datetime
    ignore: tuple[str, ...]

    def check(self, application: Application) -> Check:
        """Return the copies, problems and warnings. Reads the database, Glance and Keystone.

        Raises:
            NotConnected: A cloud does not respond.
            Refused: No cloud is configured for a provider, or its account is not allowed to read.

        Source: scripts/application_to_provider.py of Atmosphere v37.
        """
        result = Check()
        self._check_owner(application, result)
        if application.private:
            self._check_members(application, result)
        versions = images.active_versions(application.pk, now=self.now)
        if not versions:
            result.problems.append(f"{_named(application)} has no active version, so the script would do nothing")
        result.versions = len(versions)
        for version in versions:
            self._check_version(application, version, result)
        return result

    def _check_owner(self, application: Application, result: Check) -> None:
        keystone = self.services.keystone(self.destination)
        admin = image_copying.admin_project(self.destination)
        if admin is None or keystone.project_id(admin) is None:
            result.problems.append(
                f"provider {self.destination} has no admin identity with an existing project ({admin or 'none'})"
            )
        owner = image_copying.owner_project(application)
        if owner is None:
            result.problems.append(
                f"{_named(application)} has no created_by_identity, from which the script takes the owner"
            )
        elif keystone.project_id(owner) is None:
            subject = f"the project {owner!r} of the owner of {_named(application)}"
            self._report_absent(result, OWNER, subject, f"the owner there becomes {admin!r}")

    def _check_members(self, application: Application, result: Check) -> None:
        names = image_copying.member_projects(application, now=self.now)
        projects = self.services.keystone(self.destination).project_ids(names)
        absent = [repr(name) for name, project in projects.items() if project is None]
        if absent:
            subject = f"projects with the names of these members of {_named(application)}: {', '.join(absent)}"
            self._report_absent(result, MEMBERS, subject, "it is not shared with them there")

    def _report_absent(self, result: Check, flag: str, subject: str, consequence: str) -> None:
        """Add a problem for projects that the destination lacks, or a warning if the operator accepts that."""
        text = f"provider {self.destination} does not have {subject}"
        if flag in self.ignore:
            result.warnings.append(f"{text}; {consequence}")
        else:
            parameter = flag.removeprefix("--").replace("-", "_")
            result.problems.append(f"{text}; with {parameter}=True {consequence}")

    def _check_version(self, application: Application, version: ApplicationVersion, result: Check) -> None:
        """Check one version on both sides."""
        name = f"{application.name} v.{version.name}"
        sources = image_copying.machines(version, self.source)
        if not sources:
            result.problems.append(f"{name} has no machine on provider {self.source}, so the whole application fails")
            return
        source = sources[0].instance_source
        if len(sources) > 1:
            result.warnings.append(
                f"{name} has {len(sources)} machines on provider {self.source}; the script uses the first one that the "
                f"database returns, most likely {sources[0].pk} (image {source.identifier})"
            )
        if source.end_date is not None and source.end_date <= self.now:
            result.warnings.append(f"{name} is end-dated on provider {self.source}; a new copy is end-dated too")
        copies = image_copying.machines(version, self.destination)
        if copies and (ended := copies[-1].instance_source.end_date) is not None and ended <= self.now:
            result.warnings.append(
                f"{name} is end-dated on provider {self.destination} and stays hidden until its end date is cleared"
            )
        conflict = None if copies else image_copying.conflicting_source(source.identifier, self.destination)
        if conflict is not None:
            result.problems.append(
                f"{name}: instance_source {conflict.pk} already has this image on provider {self.destination} without "
                "a machine of this version, and a second one is not allowed; repair the replica first "
                "(repair_replica_image)"
            )
        self._check_image(name, source.identifier, version=version, result=result, recorded=bool(copies))

    def _check_image(
        self, name: str, image_id: str, *, version: ApplicationVersion, result: Check, recorded: bool
    ) -> None:
        """Check one image on both sides, and its kernel and ramdisk if it names them."""
        image = self.services.glance(self.source).image(image_id)
        copy = self.services.glance(self.destination).image(image_id)
        if image is None:
            result.problems.append(f"{name}: Glance of provider {self.source} has no image {image_id}")
            return
        self._check_data(name, image, copy, result)
        size = 0 if copy is not None and copy.status == "active" else image.size or 0
        now = state(copy, recorded=recorded)
        result.copies.append(ImageCopy(name, image_id, self.destination, version.pk, now, size))
        parts = [image.properties[part] for part in _PARTS if image.properties.get(part)]
        if len(parts) == 1:
            result.problems.append(f"{name}: the image names only one of kernel_id and ramdisk_id, but requires both")
            return
        for part in parts:
            self._check_part(f"{name}, its kernel or ramdisk", part, result)

    def _check_part(self, name: str, image_id: str, result: Check) -> None:
        image = self.services.glance(self.source).image(image_id)
        if image is None:
            result.problems.append(f"{name}: Glance of provider {self.source} has no image {image_id}")
            return
        copy = self.services.glance(self.destination).image(image_id)
        self._check_data(name, image, copy, result)
        size = 0 if copy is not None and copy.status == "active" else image.size or 0
        now = state(copy, recorded=True, part=True)
        result.copies.append(ImageCopy(name, image_id, self.destination, None, now, size))

    def _check_data(self, name: str, image: Image, copy: Image | None, result: Check) -> None:
        """Add a problem if the data cannot be copied, and a warning if the destination has other data."""
        if copy is not None and copy.status not in _UPLOADABLE:
            result.problems.append(
                f"{name}: image {copy.id} is {copy.status} on provider {self.destination}, and only a queued image "
                "accepts data. Delete it there and repair the replica (repair_replica_image)"
            )
        elif copy is not None and copy.status == "active":
            if copy.checksum != image.checksum:
                result.warnings.append(
                    f"{name}: the data on provider {self.destination} differs; the script does not change it"
                )
        elif image.status != "active":
            result.problems.append(
                f"{name}: image {image.id} is {image.status} on provider {self.source}, so its data cannot be read"
            )


def _named(application: Application) -> str:
    return f"application {application.pk} ({application.name})"
