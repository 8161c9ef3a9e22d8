"""Find the snapshots of an instance that earlier runs left in Glance: the next run uses one instead of a new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.model import System, SystemId
from runbook_lib.systems.db.queries import imaging_preconditions, imaging_requests
from runbook_lib.text import mask

if TYPE_CHECKING:
    from runbook_lib.systems.db.models.atmosphere.models import MachineRequest
    from runbook_lib.systems.openstack.image import Image
    from runbook_lib.world.world import World

PREFIX = "ChromoSnapShot_"
"""The beginning of a snapshot's name; the instance's UUID and the time of the request follow."""


@dataclass(frozen=True)
class Leftovers:
    """The snapshots that a run of an imaging request would reuse.

    Attributes:
        provider_id: The provider whose Glance was searched.
        name: The beginning of the snapshots' names.
        folder: The folder on the imaging host with the downloaded file.
        file: The name of the file.
        images: The snapshots, the earliest first; None if Glance could not be searched.
        trouble: The reason for None.
    """

    provider_id: int
    name: str
    folder: str
    file: str
    images: tuple[Image, ...] | None
    trouble: str = ""

    @property
    def glance(self) -> str:
        """The Glance that was searched, such as ``glance:4``."""
        return str(SystemId(System.GLANCE, self.provider_id))

    @property
    def phrase(self) -> str:
        """The snapshot that a run from the beginning would use."""
        if self.images is None:
            return imaging_requests.UNKNOWN_SNAPSHOT
        if not self.images:
            return "a new snapshot of the instance"
        return f"the snapshot of {' or '.join(map(_date, self.images))}, not a new one"

    @property
    def sentence(self) -> str:
        """What the run would use, and what to delete first if the instance changed."""
        file = f"the file {self.folder}{self.file} on the imaging host"
        if self.images is None:
            return (
                f"it is unknown whether {self.glance} has an image {self.name}…: {self.trouble}. If it exists, the run "
                f"reuses it and {file}. If the instance changed since then, delete both first"
            )
        if not self.images:
            return (
                f"{self.glance} has no image {self.name}…, so the run takes a new snapshot. It still reads {file} "
                "instead if that exists and is as large. If a run failed before, delete it first"
            )
        images = ", ".join(f"{image.name} ({image.id})" for image in self.images)
        return (
            f"the run reuses {self.phrase}: {images}. If the instance changed since then, delete it in {self.glance} "
            f"and {file} first"
        )


def find(world: World, request: MachineRequest) -> Leftovers:
    """Return the leftover snapshots of the request's instance. An unreachable Glance is reported in the result."""
    try:
        return describe(request, search(world, request))
    except (NotConnected, Refused) as error:
        return describe(request, None, trouble=error.what)


def system(request: MachineRequest) -> SystemId:
    """Return the Glance that upstream searches: that of the parent machine's provider.

    Source: core/models/machine_request.py:311 of Atmosphere v37-5.
    """
    return SystemId(System.GLANCE, request.parent_machine.instance_source.provider_id)


def search(world: World, request: MachineRequest) -> tuple[Image, ...]:
    """Return the snapshots of the request's instance, the earliest first.

    Upstream searches in any case for a name that contains the prefix and the instance's UUID.

    Raises:
        NotConnected, Refused: Glance cannot be read.

    Source: drivers/openstack.py:404-417 and 953-971 of chromogenic 0.5.4.
    """
    provider_id = system(request).provider
    return world.glance(provider_id).search(f"{PREFIX}{request.instance.provider_alias}")


def describe(request: MachineRequest, images: tuple[Image, ...] | None, *, trouble: str = "") -> Leftovers:
    """Return what a run of the request reuses.

    A file of an earlier run that is not smaller than the snapshot is used as it is, with a new snapshot too. A run that
    migrates the image to another provider never deletes its snapshot.

    Args:
        request: The request.
        images: The snapshots; None if Glance could not be searched.
        trouble: The reason for None.

    Source: drivers/openstack.py:442-461 and 493-496, migrate.py:11-100 of chromogenic 0.5.4.
    """
    return Leftovers(
        provider_id=system(request).provider,
        name=f"{PREFIX}{request.instance.provider_alias}",
        folder=imaging_preconditions.storage_folder(request),
        file=f"{request.new_application_name}.qcow2",
        images=images,
        trouble=mask.mask(trouble),
    )


def _date(image: Image) -> str:
    return f"{image.created:%Y-%m-%d %H:%M} UTC" if image.created else image.id
