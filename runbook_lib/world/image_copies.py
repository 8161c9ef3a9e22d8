"""The copy of one image on one provider, in the database and in Glance. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from runbook_lib.errors import Refused
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.db.queries import image_copying

if TYPE_CHECKING:
    from runbook_lib.systems.openstack import Glance, Keystone
    from runbook_lib.systems.openstack.image import Image

ABSENT, COMPLETE = "absent", "complete"
_VERSION = "version "
_PART = "part of an image"  # a kernel or ramdisk, which only Glance records


class Services(Protocol):
    """The clouds, as `World` has them."""

    def glance(self, provider_id: int) -> Glance:
        """Return Glance of one provider."""

    def keystone(self, provider_id: int) -> Keystone:
        """Return Keystone of one provider."""


@dataclass(frozen=True)
class ImageCopy:
    """An image that a script would copy to a provider.

    Attributes:
        name: The application and version, for display.
        image_id: The image's UUID, the same on every provider.
        provider_id: The destination.
        version_id: The version of the machine that records it; None for a kernel or ramdisk.
        state: The current state, as `state` returns it.
        size: The bytes to transfer; 0 if the data exists.
    """

    name: str
    image_id: str
    provider_id: int
    version_id: UUID | None
    state: str
    size: int

    def call(self) -> Call:
        """Return the plan's call, which completes the copy. The script makes it, irreversibly."""
        return Call(
            system=SystemId(System.COPY, self.provider_id),
            target=self.image_id,
            action=f"{_VERSION}{self.version_id}" if self.version_id else _PART,
            before=self.state,
            after=COMPLETE,
            reversible=False,
        )

    def describe(self) -> str:
        """Return one line for display."""
        what = "records and metadata only" if not self.size else size_text(self.size)
        return f"{self.name} → provider {self.provider_id}: {what}, image {self.image_id} ({self.state} now)"


class ImageCopies:
    """The copies on all providers; satisfies `Outside`.

    A `Call` names ``system="copy:<provider id>"``, ``target`` the image's UUID, ``action`` its version. Writes nothing:
    an earlier command of the plan makes the copy, and `perform` checks it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def current(self, call: Call) -> str:
        """Return the copy's state, as `state` returns it.

        Raises:
            NotConnected, Refused: As `Glance.image` does.
        """
        provider_id = call.system.provider
        version = UUID(call.action.removeprefix(_VERSION)) if call.action.startswith(_VERSION) else None
        image = self._services.glance(provider_id).image(call.target)
        return state(
            image, recorded=version is None or image_copying.is_recorded(version, provider_id), part=version is None
        )

    def perform(self, call: Call) -> None:
        """Return if the copy is complete.

        Raises:
            Refused: It is not: the command did not make it.
            NotConnected: As `current` does.
        """
        if (now := self.current(call)) != call.after:
            raise Refused(
                what=f"image {call.target} on provider {call.system.provider} is {now}, not complete",
                why="the command ended without making this copy",
                next_step="read the command's last lines, fix the cause, and run the procedure again",
            )


def state(image: Image | None, *, recorded: bool, part: bool = False) -> str:
    """Return the state of a copy, as text.

    Args:
        image: The provider's Glance image; None if absent.
        recorded: Whether the version has a machine on the provider.
        part: Whether the image is a kernel or ramdisk, which no row records.
    """
    if image is not None and image.status == "active" and recorded:
        return COMPLETE
    if image is None and (part or not recorded):
        return ABSENT
    return f"{'recorded' if recorded else 'not recorded'}, {f'image {image.status}' if image else 'no image'}"


def size_text(size: int) -> str:
    """Return a size as text: exact bytes, and from 0.1 GiB on also GiB."""
    gib = size / 1024**3
    return f"{gib:.1f} GiB ({size} bytes)" if gib >= 0.1 else f"{size} bytes"  # noqa: PLR2004 - 100 MiB
