"""Hold the copies of an image against one another: the rows, and the images of every cloud; plain values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from runbook_lib.systems.db.queries.image_copies import CopyRow, LooseSource
    from runbook_lib.systems.openstack.image import Image

# What can be wrong, the worst first: users see something they must not, nothing starts, something is out of step.
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
_COMPARED = ("application_", "version_")  # the names of the properties that upstream writes begin like this
_SNAPSHOT = "ChromoSnapShot_"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be.

    Attributes:
        kind: One of `KINDS`.
        provider_id: Where.
        image_id: Which image.
        application_id: Which application; None for an image that no row knows.
        name: The application and version, or the image's name in Glance.
        version: The version's name; empty for an image that no row knows.
        detail: What is there, and what was expected.
        source_id: The key of the ``instance_source``, where there is one.
        request_id: The imaging request that uploaded the image, where one is known.
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
    """What the clouds told.

    Attributes:
        master: The provider that the others are held against.
        images: Provider → its images by UUID; a provider that did not tell is not in it.
        replicas: The other providers that are in use and have a cloud configured.
    """

    master: int
    images: Mapping[int, Mapping[str, Image]]
    replicas: tuple[int, ...]

    def image(self, provider_id: int, image_id: str) -> Image | None:
        """Return one image; None when there is none, or the provider did not tell."""
        return self.images.get(provider_id, {}).get(image_id)


def compare(rows: Sequence[CopyRow], loose: Sequence[LooseSource], clouds: CloudImages) -> list[Difference]:
    """Return everything that is wrong with these copies, by image and provider."""
    by_image: dict[str, list[CopyRow]] = {}
    for row in rows:
        by_image.setdefault(row.image_id, []).append(row)
    in_the_way: dict[str, dict[int, LooseSource]] = {}
    for one in loose:
        in_the_way.setdefault(one.image_id, {})[one.provider_id] = one
    found: list[Difference] = []
    for image_id, copies in by_image.items():
        found += _of_image(copies, in_the_way.get(image_id, {}), clouds)
    return found


def unknown(
    clouds: CloudImages, known: Collection[tuple[int, str]], requests: Mapping[str, int]
) -> Iterator[Difference]:
    """Yield the images that no row knows, apart from kernels and ramdisks that another image names."""
    for provider_id, images in clouds.images.items():
        parts = {image.properties.get(part) for image in images.values() for part in ("kernel_id", "ramdisk_id")}
        for image_id, image in images.items():
            if (provider_id, image_id) in known or image_id in parts:
                continue
            detail, request = f"{image.status}, {image.visibility}", requests.get(image_id)
            if request is not None:
                detail += f"; uploaded by imaging request {request}"
            elif image.name.startswith(_SNAPSHOT):
                detail += "; a snapshot that an imaging run left behind"
            yield Difference(UNKNOWN_IMAGE, provider_id, image_id, None, image.name, detail=detail, request_id=request)


def _of_image(
    copies: list[CopyRow], in_the_way: Mapping[int, LooseSource], clouds: CloudImages
) -> Iterator[Difference]:
    """Yield what is wrong with one image."""
    on_master = next((row for row in copies if row.provider_id == clouds.master), None)
    good = clouds.image(clouds.master, copies[0].image_id) if on_master else None
    for row in copies:
        yield from _rows(row, on_master)
        used = not row.has_ended or (on_master is not None and not on_master.has_ended)  # one that is hidden counts too
        if used and row.provider_id in clouds.images:
            yield from _cloud(row, clouds.image(row.provider_id, row.image_id), good, clouds.master)
    if on_master is None or on_master.has_ended:
        return
    there = {row.provider_id for row in copies}
    for provider_id in clouds.replicas:
        if provider_id in in_the_way:
            source = in_the_way[provider_id].source_id
            yield _finding(LOOSE, on_master, f"instance_source {source}", provider_id=provider_id, source_id=source)
        elif provider_id not in there:
            yield _finding(NOT_COPIED, on_master, "no rows", provider_id=provider_id, source_id=None)


def _rows(row: CopyRow, on_master: CopyRow | None) -> Iterator[Difference]:
    """Yield what the end dates have against each other."""
    if on_master is None or row is on_master or row.provider_id == on_master.provider_id:
        return
    if row.has_ended and not on_master.has_ended:
        yield _finding(HIDDEN, row, f"instance_source {row.source_id} is end-dated: users do not see the copy")
    if on_master.has_ended and not row.has_ended:
        yield _finding(ENDED_ON_MASTER, row, f"instance_source {on_master.source_id} is end-dated, this copy is not")


def _cloud(row: CopyRow, image: Image | None, good: Image | None, master: int) -> Iterator[Difference]:
    """Yield what one image in a cloud has against its row and against the master's image."""
    if image is None:
        yield _finding(MISSING, row, "there are rows, and no image")
        return
    if row.is_private and image.visibility == "public":
        yield _finding(EXPOSED, row, "everybody of this cloud can see it")
    if image.status != "active":
        yield _finding(NOT_ACTIVE, row, image.status)
    elif good is not None and good.status == "active" and row.provider_id != master:
        if image.checksum != good.checksum:
            yield _finding(CHECKSUM, row, f"{image.checksum}, the master's is {good.checksum}")
        if image.size != good.size:
            yield _finding(SIZE, row, f"{image.size} bytes, the master's is {good.size}")
    if not row.is_private and image.visibility != "public":
        yield _finding(NOT_PUBLIC, row, f"its visibility is {image.visibility}")
    yield from _metadata(row, image, good if row.provider_id != master else None)


def _metadata(row: CopyRow, image: Image, good: Image | None) -> Iterator[Difference]:
    """Yield the owner and the properties that differ from the application's, or from those of the master's image."""
    written = image.properties
    if written.get("application_owner", row.owner) != row.owner:
        yield _finding(OWNER, row, f"application_owner is {written['application_owner']}, it is {row.owner}'s")
    wanted = {"application_name": row.application, "application_uuid": row.application_uuid}
    for name, value in (good.properties if good else {}).items():
        if name.startswith(_COMPARED) and name != "application_owner":
            wanted.setdefault(name, value)
    differing = sorted(name for name, value in wanted.items() if written.get(name) != value)
    if differing:
        yield _finding(METADATA, row, ", ".join(differing))


def _finding(kind: str, row: CopyRow, detail: str, **other: int | None) -> Difference:
    name = f"{row.application} v.{row.version}"
    given: dict[str, int | None] = {"provider_id": row.provider_id, "source_id": row.source_id, **other}
    return Difference(
        kind,
        given["provider_id"] or 0,
        row.image_id,
        row.application_id,
        name,
        version=row.version,
        detail=detail,
        source_id=given["source_id"],
    )
