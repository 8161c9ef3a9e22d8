"""Compare the copies of an image: the rows, and the images in every cloud; plain values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.leftover_snapshot import PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from runbook_lib.systems.db.queries.image_copies import CopyRow, LooseSource
    from runbook_lib.systems.openstack.image import Image

# The kinds of differences, the worst first: exposed images, then failing launches, then inconsistencies.
EXPOSED, MISSING, NOT_ACTIVE, CHECKSUM, SIZE, HIDDEN, ENDED_ON_MASTER, LOOSE = (
    "public in Glance, private in Atmosphere",
    "not in Glance",
    "not active",
    "another checksum",
    "another size",
    "end-dated on the replica",
    "end-dated on the master",
    "source without machine",
)
NOT_PUBLIC, OWNER, MEMBERS, METADATA, NOT_COPIED, UNKNOWN_IMAGE = (
    "not public in Glance",
    "another owner",
    "other members",
    "other metadata",
    "not copied",
    "image without rows",
)
KINDS = (
    *(EXPOSED, MISSING, NOT_ACTIVE, CHECKSUM, SIZE, HIDDEN, ENDED_ON_MASTER, LOOSE, NOT_PUBLIC, OWNER, MEMBERS),
    *(METADATA, NOT_COPIED, UNKNOWN_IMAGE),
)
_COMPARED = ("application_", "version_")  # the prefixes of the properties that upstream writes


@dataclass(frozen=True)
class Difference:
    """A difference between a copy and its expected state.

    Attributes:
        kind: One of `KINDS`.
        provider_id: The provider of the copy.
        image_id: The UUID of the image.
        application_id: The id of the application; None for an image without rows.
        name: The names of the application and version, or the image's name in Glance.
        version: The name of the version; empty for an image without rows.
        detail: The actual and the expected value.
        source_id: The key of the ``instance_source``; None if there is none.
        request_id: The imaging request that uploaded the image; None if unknown.
    """

    kind: str
    provider_id: int
    image_id: str
    application_id: int | None
    name: str
    version: str = ""
    detail: str = ""
    source_id: int | None = None
    request_id: int | None = None


@dataclass(frozen=True)
class CloudImages:
    """The images of the clouds that responded.

    Attributes:
        master: The provider with which the others are compared.
        images: Provider id → its images by UUID; a provider that did not respond is not a key.
        replicas: The ids of the other providers that are in use and have a configured cloud.
    """

    master: int
    images: Mapping[int, Mapping[str, Image]]
    replicas: tuple[int, ...]

    def image(self, provider_id: int, image_id: str) -> Image | None:
        """Return one image; None if it does not exist, or the provider did not respond."""
        return self.images.get(provider_id, {}).get(image_id)


def compare(rows: Sequence[CopyRow], loose: Sequence[LooseSource], clouds: CloudImages) -> list[Difference]:
    """Return the differences of these copies, ordered by image and provider."""
    by_image: dict[str, list[CopyRow]] = {}
    for row in rows:
        by_image.setdefault(row.image_id, []).append(row)
    orphans: dict[str, dict[int, LooseSource]] = {}
    for source in loose:
        orphans.setdefault(source.image_id, {})[source.provider_id] = source
    differences: list[Difference] = []
    for image_id, copies in by_image.items():
        differences += _compare_image(copies, orphans.get(image_id, {}), clouds)
    return differences


def find_unknown(
    clouds: CloudImages, recorded: Collection[tuple[int, str]], requests: Mapping[str, int]
) -> Iterator[Difference]:
    """Yield the images without rows, except kernels and ramdisks that another image names.

    Args:
        clouds: The images of the clouds.
        recorded: Pairs of a provider id and the UUID of an image that has a row.
        requests: Image UUID → id of the unfinished imaging request that uploaded it.
    """
    for provider_id, images in clouds.images.items():
        parts = {image.properties.get(part) for image in images.values() for part in ("kernel_id", "ramdisk_id")}
        for image_id, image in images.items():
            if (provider_id, image_id) in recorded or image_id in parts:
                continue
            detail, request = f"{image.status}, {image.visibility}", requests.get(image_id)
            if request is not None:
                detail += f"; uploaded by imaging request {request}"
            elif image.name.startswith(PREFIX):
                detail += "; a leftover snapshot of an imaging request"
            yield Difference(UNKNOWN_IMAGE, provider_id, image_id, None, image.name, detail=detail, request_id=request)


def _compare_image(
    copies: list[CopyRow], orphans: Mapping[int, LooseSource], clouds: CloudImages
) -> Iterator[Difference]:
    """Yield the differences of the copies of one image."""
    on_master = next((row for row in copies if row.provider_id == clouds.master), None)
    good = clouds.image(clouds.master, copies[0].image_id) if on_master else None
    for row in copies:
        yield from _compare_end_dates(row, on_master)
        used = not row.has_ended or (on_master is not None and not on_master.has_ended)  # a hidden copy counts too
        if used and row.provider_id in clouds.images:
            yield from _compare_cloud(row, clouds.image(row.provider_id, row.image_id), good, clouds.master)
    if on_master is None or on_master.has_ended:
        return
    with_copy = {row.provider_id for row in copies}
    for provider_id in clouds.replicas:
        if provider_id in orphans:
            source = orphans[provider_id].source_id
            yield _difference(LOOSE, on_master, f"instance_source {source}", provider_id=provider_id, source_id=source)
        elif provider_id not in with_copy:
            yield _difference(NOT_COPIED, on_master, "no rows", provider_id=provider_id, source_id=None)


def _compare_end_dates(row: CopyRow, on_master: CopyRow | None) -> Iterator[Difference]:
    """Yield the differences between the end dates of a copy and of the master's copy."""
    if on_master is None or row is on_master or row.provider_id == on_master.provider_id:
        return
    if row.has_ended and not on_master.has_ended:
        yield _difference(HIDDEN, row, f"instance_source {row.source_id} is end-dated: users do not see the copy")
    if on_master.has_ended and not row.has_ended:
        yield _difference(ENDED_ON_MASTER, row, f"instance_source {on_master.source_id} is end-dated, this copy is not")


def _compare_cloud(row: CopyRow, image: Image | None, good: Image | None, master: int) -> Iterator[Difference]:
    """Yield the differences of one image in a cloud from its row and from the master's image."""
    if image is None:
        yield _difference(MISSING, row, "rows without an image")
        return
    if row.is_private and image.is_open_to_all:
        yield _difference(EXPOSED, row, f"its visibility is {image.visibility}: every user of this cloud can use it")
    if image.status != "active":
        yield _difference(NOT_ACTIVE, row, image.status)
    elif good is not None and good.status == "active" and row.provider_id != master:
        if image.checksum != good.checksum:
            yield _difference(CHECKSUM, row, f"{image.checksum}, the master's is {good.checksum}")
        if image.size != good.size:
            yield _difference(SIZE, row, f"{image.size} bytes, the master's is {good.size}")
    if not row.is_private and image.visibility != "public":
        yield _difference(NOT_PUBLIC, row, f"its visibility is {image.visibility}")
    yield from _compare_metadata(row, image, good if row.provider_id != master else None)


def _compare_metadata(row: CopyRow, image: Image, good: Image | None) -> Iterator[Difference]:
    """Yield the owner and the properties that differ from the application, or from the master's image."""
    properties = image.properties
    if properties.get("application_owner", row.owner) != row.owner:
        yield _difference(OWNER, row, f"application_owner is {properties['application_owner']}, not {row.owner}")
    expected = {"application_name": row.application, "application_uuid": row.application_uuid}
    for name, value in (good.properties if good else {}).items():
        if name.startswith(_COMPARED) and name != "application_owner":
            expected.setdefault(name, value)
    differing = sorted(name for name, value in expected.items() if properties.get(name) != value)
    if differing:
        yield _difference(METADATA, row, ", ".join(differing))


def _difference(kind: str, row: CopyRow, detail: str, **overrides: int | None) -> Difference:
    name = f"{row.application} v.{row.version}"
    ids: dict[str, int | None] = {"provider_id": row.provider_id, "source_id": row.source_id, **overrides}
    return Difference(
        kind,
        ids["provider_id"] or 0,
        row.image_id,
        row.application_id,
        name,
        version=row.version,
        detail=detail,
        source_id=ids["source_id"],
    )
