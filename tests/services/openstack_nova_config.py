"""The configuration files of the real Nova and Placement: SQLite, a pretended hypervisor, no message queue."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from tests.services.openstack_config import REGIONS

if TYPE_CHECKING:
    from pathlib import Path

NODE = "fixture-node"
DATABASES = ("nova_api.db", "nova_cell0.db", "nova_cell1.db")
WAIT = "?timeout=60"  # seconds for which one writer waits for another


@dataclass(frozen=True)
class ComputePorts:
    """Where the services listen on 127.0.0.1."""

    nova: int
    placement: int
    network: int

    @property
    def nova_url(self) -> str:
        """Nova's address with the version, as catalogs have it."""
        return f"http://127.0.0.1:{self.nova}/v2.1"

    @property
    def placement_url(self) -> str:
        """Placement's address."""
        return f"http://127.0.0.1:{self.placement}"


def write_all(base: Path, ports: ComputePorts, venv: Path, *, keystone_url: str) -> None:
    """Write the configuration of Nova and Placement into `base`, with their folders; overwrites."""
    for folder in ("nova/lock", "nova/state", "placement"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    account = _account(keystone_url)
    text = f"""
        [placement_database]
        connection = sqlite:///{base}/placement/placement.db{WAIT}
        sqlite_synchronous = false
        [keystone_authtoken]
        {account}
        """
    _write(base / "placement/placement.conf", text)
    home = base / "nova"
    # fake:// is a queue within one process, so all parts of Nova must be in one process.
    text = f"""
        [DEFAULT]
        transport_url = fake://
        state_path = {home}/state
        my_ip = 127.0.0.1
        host = {NODE}
        compute_driver = fake.FakeDriver
        [api_database]
        connection = sqlite:///{home}/{DATABASES[0]}{WAIT}
        sqlite_synchronous = false
        [database]
        connection = sqlite:///{home}/{DATABASES[2]}{WAIT}
        sqlite_synchronous = false
        [oslo_concurrency]
        lock_path = {home}/lock
        [wsgi]
        api_paste_config = {home}/api-paste.ini
        [glance]
        region_name = {REGIONS[0]}
        [keystone_authtoken]
        {account}
        [placement]
        {account}
        [neutron]
        endpoint_override = http://127.0.0.1:{ports.network}
        {account}
        """
    _write(home / "nova.conf", text)
    shutil.copy(venv / "etc/nova/api-paste.ini", home)


def _account(keystone_url: str) -> str:
    """Return the lines with the account that Nova and Placement have in Keystone."""
    lines = f"""
        www_authenticate_uri = {keystone_url}
        auth_url = {keystone_url}
        auth_type = password
        username = nova
        password = nova-secret
        project_name = service
        user_domain_id = default
        project_domain_id = default
        region_name = {REGIONS[0]}
        """
    return indent(dedent(lines).strip(), " " * 8).strip()


def _write(file: Path, text: str) -> None:
    file.write_text(dedent(text).lstrip("\n"))
