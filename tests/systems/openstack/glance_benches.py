"""Two benches with the same methods: the fixture's stand-in, and the real Keystone and Glance."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.openstack import Clouds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runbook_lib.fixture.stand_ins.glance.server import GlanceServer
    from tests.services.openstack import Stack

DATA = b"test"
PROVIDERS = (4, 5)


class Bench(Protocol):
    """Two providers with one Glance each, an admin, and joetest, who is only a member of the images' project."""

    @property
    def project_id(self) -> str:
        """The id of the project that owns the images."""

    @property
    def clouds_file(self) -> Path:
        """The file with the passwords of all accounts."""

    def names(self, account: str) -> dict[int, str]:
        """Return provider id → cloud name for ``admin`` or ``member``."""

    def create(
        self, *, properties: Mapping[str, str] | None = None, members: tuple[str, ...] = (), **fields: Any
    ) -> str:
        """Create one active image of four bytes on both providers, owned by the project; return the UUID."""

    def queue(self) -> str:
        """Create an image without name and data on both providers; return the UUID."""


@dataclass(frozen=True)
class StandIn:
    """The fixture's stand-in."""

    server: GlanceServer
    folder: Path
    project_id: str = "fixture-project"

    @property
    def clouds_file(self) -> Path:
        """The file that the stand-in writes."""
        return self.server.clouds_file(self.folder)

    def names(self, account: str) -> dict[int, str]:
        """Return the names of the stand-in's clouds."""
        suffix = {"admin": "", "member": "-member"}[account]
        return {provider_id: f"fixture-{provider_id}{suffix}" for provider_id in PROVIDERS}

    def queue(self) -> str:
        """Put an image without name and data into the state file."""
        image_id = str(uuid.uuid4())
        for provider_id in PROVIDERS:
            nothing: dict[str, Any] = {"name": "", "status": "queued", "size": None, "checksum": None}
            glance_store.put(self.server.path, glance_store.StoredImage(provider_id, image_id, **nothing))
        return image_id

    def create(
        self, *, properties: Mapping[str, str] | None = None, members: tuple[str, ...] = (), **fields: Any
    ) -> str:
        """Put an image into the state file."""
        image_id = str(uuid.uuid4())
        for provider_id in PROVIDERS:
            image = glance_store.StoredImage(
                provider_id, image_id, properties=properties or {}, members=members, **fields
            )
            glance_store.put(self.server.path, image)
        return image_id


@dataclass(frozen=True)
class Real:
    """The real services: provider 4 is RegionOne, provider 5 is RegionTwo."""

    stack: Stack

    @property
    def project_id(self) -> str:
        """The id from Keystone."""
        return self.stack.project_id

    @property
    def clouds_file(self) -> Path:
        """The file of this run."""
        return self.stack.clouds_file

    def names(self, account: str) -> dict[int, str]:
        """Return the names of the stack's clouds."""
        return {provider_id: f"{account}-{number + 1}" for number, provider_id in enumerate(PROVIDERS)}

    def queue(self) -> str:
        """Create an image with only its UUID, which is the first step of upstream's copy script."""
        image_id = str(uuid.uuid4())
        for number in range(len(PROVIDERS)):
            self.stack.create_image(number, {"id": image_id, "owner": self.project_id}, data=None)
        return image_id

    def create(
        self, *, properties: Mapping[str, str] | None = None, members: tuple[str, ...] = (), **fields: Any
    ) -> str:
        """Create and upload an image through Glance's API."""
        image_id = str(uuid.uuid4())
        image: dict[str, Any] = {
            "id": image_id,
            "name": "a fixture image",
            "owner": self.project_id,
            "visibility": "shared",
        }
        for number in range(len(PROVIDERS)):
            self.stack.create_image(number, image | dict(properties or {}) | fields, data=DATA, members=members)
        return image_id


def clouds_of(
    bench: Bench,
    account: str = "admin",
    *,
    config_file: Path | None = None,
    may_write: Callable[[], bool] = lambda: True,
) -> Clouds:
    """Return the gateway for one account; `config_file` replaces the bench's own."""
    return Clouds(bench.names(account), config_file=config_file or bench.clouds_file, may_write=may_write)


def altered(bench: Bench, folder: Path, *, auth: Mapping[str, str] | None = None, **fields: str) -> Path:
    """Write a copy of the bench's clouds with other values in every entry, and return its path."""
    body = json.loads(bench.clouds_file.read_text())
    for entry in body["clouds"].values():
        entry.update(fields)
        entry["auth"].update(auth or {})
    file = folder / "altered.yaml"
    file.write_text(json.dumps(body))
    return file


def passwords(bench: Bench) -> set[str]:
    """Return every password in the bench's file of clouds."""
    return {entry["auth"]["password"] for entry in json.loads(bench.clouds_file.read_text())["clouds"].values()}
