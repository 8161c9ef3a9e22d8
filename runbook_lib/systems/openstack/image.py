"""An image as Glance shows it: the fields that procedures read, and the custom properties."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# Glance's own fields of every image; any other field of the object is a custom property.
_STANDARD = frozenset(
    {
        "checksum",
        "container_format",
        "created_at",
        "direct_url",
        "disk_format",
        "file",
        "id",
        "locations",
        "min_disk",
        "min_ram",
        "name",
        "os_hash_algo",
        "os_hash_value",
        "os_hidden",
        "owner",
        "protected",
        "schema",
        "self",
        "size",
        "status",
        "stores",
        "tags",
        "updated_at",
        "virtual_size",
        "visibility",
    }
)
_RESTRICTED = ("shared", "private")  # the visibilities with which only the owner and the members can use an image


@dataclass(frozen=True)
class Image:
    """One image as one provider's Glance shows it.

    Attributes:
        id: UUID; a replicated image has the same UUID on every provider.
        name: Name in OpenStack; Atmosphere sets ``<application> v.<version>``.
        status: ``active`` when usable; ``queued`` before the data is uploaded; ``deactivated`` …
        visibility: ``shared``, ``private``, ``public`` or ``community``.
        owner: Id of the owning project.
        size: Size in bytes; None before the data is uploaded.
        checksum: MD5 of the data in hex; None before the data is uploaded.
        is_protected: Whether Glance refuses to delete it.
        properties: Custom properties, all text, including Atmosphere's ``application_…`` and ``version_…``.
        created: The time at which this Glance created it; aware. Each copy has its own, so it is not compared.
    """

    id: str
    name: str
    status: str
    visibility: str
    owner: str
    size: int | None
    checksum: str | None
    is_protected: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = field(default=None, compare=False)

    @property
    def is_open_to_all(self) -> bool:
        """Whether every user of the cloud can use it: public, community, or a visibility that is not known."""
        return self.visibility not in _RESTRICTED


def from_json(body: Mapping[str, Any]) -> Image:
    """Return Glance's JSON object as an `Image`.

    Raises:
        KeyError, TypeError, ValueError: It is not an image.
    """
    if not all(isinstance(body[name], str) for name in ("id", "status", "visibility")):
        raise ValueError("not an image")
    return Image(
        id=body["id"],
        name=body["name"] or "",
        status=body["status"],
        visibility=body["visibility"],
        owner=body["owner"] or "",
        size=body["size"],
        checksum=body["checksum"],
        is_protected=body["protected"],
        properties={name: value for name, value in sorted(body.items()) if name not in _STANDARD},
        created=datetime.fromisoformat(body["created_at"]),
    )
