"""The configuration files of the real Keystone and Glance: SQLite, file store, no message queue."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REGIONS = ("RegionOne", "RegionTwo")


@dataclass(frozen=True)
class Ports:
    """The ports of the services on 127.0.0.1: one Keystone, and one Glance per region."""

    keystone: int
    glance: tuple[int, ...]

    @property
    def keystone_url(self) -> str:
        """Keystone's address with the version."""
        return f"http://127.0.0.1:{self.keystone}/v3"

    def glance_url(self, number: int) -> str:
        """The address of the Glance of ``REGIONS[number]``, without a version, as catalogs have it."""
        return f"http://127.0.0.1:{self.glance[number]}"


def glance_folder(base: Path, number: int) -> Path:
    """Return the folder of one region's Glance."""
    return base / f"glance{number}"


def write_all(base: Path, ports: Ports, venv: Path) -> None:
    """Write the configuration of every service into `base`, with its folders; overwrites."""
    _keystone(base, ports)
    for number in range(len(REGIONS)):
        _glance(glance_folder(base, number), ports, venv)


def _keystone(base: Path, ports: Ports) -> None:
    home = base / "keystone"
    for keys in ("fernet", "credential"):
        (home / keys).mkdir(parents=True, exist_ok=True, mode=0o700)
    _write(
        home / "keystone.conf",
        f"""
        [DEFAULT]
        public_endpoint = http://127.0.0.1:{ports.keystone}/
        [database]
        connection = sqlite:///{home}/keystone.db
        [token]
        provider = fernet
        [fernet_tokens]
        key_repository = {home}/fernet
        [fernet_receipts]
        key_repository = {home}/fernet
        [credential]
        key_repository = {home}/credential
        [identity]
        password_hash_rounds = 4
        """,
    )


def _glance(home: Path, ports: Ports, venv: Path) -> None:
    # Keystone itself is in the catalog of the first region only, for the Glance of every region.
    for folder in ("images", "staging", "tasks", "lock"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    _write(
        home / "glance-api.conf",
        f"""
        [DEFAULT]
        enabled_backends = files:file
        [database]
        connection = sqlite:///{home}/glance.db
        [glance_store]
        default_backend = files
        [files]
        filesystem_store_datadir = {home}/images
        [os_glance_staging_store]
        filesystem_store_datadir = {home}/staging
        [os_glance_tasks_store]
        filesystem_store_datadir = {home}/tasks
        [oslo_concurrency]
        lock_path = {home}/lock
        [paste_deploy]
        config_file = {venv}/etc/glance/glance-api-paste.ini
        flavor = keystone
        [keystone_authtoken]
        www_authenticate_uri = {ports.keystone_url}
        auth_url = {ports.keystone_url}
        auth_type = password
        username = glance
        password = glance-secret
        project_name = service
        user_domain_id = default
        project_domain_id = default
        region_name = {REGIONS[0]}
        """,
    )


def _write(file: Path, text: str) -> None:
    file.write_text(dedent(text).lstrip("\n"))
