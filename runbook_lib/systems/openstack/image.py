"""An image as Glance shows it: the fields procedures read, and Atmosphere's properties apart from Glance's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# What Glance puts into every image; everything else in the object is a custom property.
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


@dataclass(frozen=True)
class Image:
    """One image as one provider's Glance shows it.

    Attributes:
        id: The UUID; the same image has the same UUID on every provider.
        name: What OpenStack lists it under; Atmosphere writes ``<application> v.<version>``.
        status: ``active`` when usable; ``queued`` before the data is uploaded; ``deactivated`` …
        visibility: ``shared``, ``private``, ``public`` or ``community``.
        owner: The id of the owning project.
        size: In bytes; None before the data is uploaded.
        checksum: MD5 of the data in hex; None before the data is uploaded.
        protected: True when Glance refuses to delete it.
        properties: The custom ones, all text: Atmosphere's ``application_…`` and ``version_…`` among them.
    """

    id: str
    name: str
    status: str
    visibility: str
    owner: str
    size: int | None
    checksum: str | None
    protected: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)


def from_json(body: Mapping[str, Any]) -> Image:
    """Return Glance's JSON object as an `Image`."""
    return Image(
        id=body["id"],
        name=body["name"] or "",
        status=body["status"],
        visibility=body["visibility"],
        owner=body["owner"] or "",
        size=body["size"],
        checksum=body["checksum"],
        protected=body["protected"],
        properties={name: value for name, value in sorted(body.items()) if name not in _STANDARD},
    )
