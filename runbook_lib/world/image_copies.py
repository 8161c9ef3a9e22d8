"""One image on one provider: what is there of it, in the database and in Glance; read, never written."""

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
_PART = "part of an image"  # a kernel or a ramdisk: Glance alone knows it


class Services(Protocol):
    """The clouds, as `World` has them."""

    def glance(self, provider_id: int) -> Glance:
        """Return Glance of one provider."""

    def keystone(self, provider_id: int) -> Keystone:
        """Return Keystone of one provider."""


@dataclass(frozen=True)
class ImageCopy:
    """One image that a script would bring to a provider.

    Attributes:
        name: The application and version, for people.
        image_id: The image's UUID, the same on every provider.
        provider_id: Where to.
        version_id: Whose machine records it; None for a kernel or a ramdisk.
        state: What is there now, as `state` words it.
        size: The bytes that would be transferred; 0 when the data is there.
    """

    name: str
    image_id: str
    provider_id: int
    version_id: UUID | None
    state: str
    size: int

    def call(self) -> Call:
        """Return the line of the plan: the copy is complete afterwards. The script does it, and undo can't."""
        return Call(
            system=SystemId(System.COPY, self.provider_id),
            target=self.image_id,
            action=f"{_VERSION}{self.version_id}" if self.version_id else _PART,
            before=self.state,
            after=COMPLETE,
            reversible=False,
        )

    def describe(self) -> str:
        """Return one line of the table."""
        what = "the records and metadata alone" if not self.size else readable(self.size)
        return f"{self.name} → provider {self.provider_id}: {what}, image {self.image_id} ({self.state} now)"


class ImageCopies:
    """The copies on every provider; satisfies `Outside`.

    A `Call` names ``system="copy:<provider id>"``, ``target`` the image's UUID, ``action`` the version whose copy it
    is. Nothing is written here: the command before it in the plan does, and `perform` looks whether it did.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def current(self, call: Call) -> str:
        """Return what is there of the copy, as `state` words it.

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
            Refused: It is not: the command that should have made it did not.
            NotConnected: As `current` does.
        """
        if (now := self.current(call)) != call.after:
            raise Refused(
                what=f"image {call.target} on provider {call.system.provider} is {now}, not complete",
                why="the command has ended without making this copy",
                next_step="read the command's last lines, mend what they name, and run the procedure again",
            )


def state(image: Image | None, *, recorded: bool, part: bool = False) -> str:
    """Return what is there of a copy, in words.

    Args:
        image: As the provider's Glance has it; None when it has none.
        recorded: Whether the version has a machine there.
        part: Whether this is a kernel or ramdisk, which no row records.
    """
    if image is not None and image.status == "active" and recorded:
        return COMPLETE
    if image is None and (part or not recorded):
        return ABSENT
    return f"{'recorded' if recorded else 'not recorded'}, {f'image {image.status}' if image else 'no image'}"


def readable(size: int) -> str:
    """Return a number of bytes with the exact count, and in GiB when it is large."""
    gib = size / 1024**3
    return f"{gib:.1f} GiB ({size} bytes)" if gib >= 0.1 else f"{size} bytes"  # noqa: PLR2004 - 100 MiB
