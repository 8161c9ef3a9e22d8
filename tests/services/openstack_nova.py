"""Add a real Nova and Placement to a running stack, in its first region; their migrated databases are kept.

``with openstack(folder) as stack, nova(stack) as compute``. The databases are in ``.cache/openstack-nova-template-…``.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.services import openstack_template
from tests.services.openstack_config import REGIONS
from tests.services.openstack_keystone import Keystone
from tests.services.openstack_network import no_network
from tests.services.openstack_nova_config import DATABASES, WAIT, ComputePorts, write_all
from tests.services.openstack_process import (
    HERE,
    VENV,
    finish,
    manage,
    service,
    start,
    unused_ports,
    wait_until_it_answers,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from tests.services.openstack import Stack

# What the databases depend on; a change of one of these files makes new ones.
RECIPE = ("openstack-constraints.txt", "openstack_nova.py", "openstack_nova_config.py", "openstack_nova_databases.py")
BUILD_SECONDS = 120


@dataclass
class Compute:
    """A running Nova.

    Attributes:
        stack: What it was added to.
        ports: Where it listens.
        processes: ``placement`` and ``nova``.
    """

    stack: Stack
    ports: ComputePorts
    processes: dict[str, subprocess.Popen[bytes]]

    def create_flavor(self, name: str, *, vcpus: int = 1, ram_mb: int = 64, disk_gb: int = 1) -> str:
        """Create a flavor as the admin, with a disk: without one it is for volumes only; return its id."""
        fields = {"name": name, "vcpus": vcpus, "ram": ram_mb, "disk": disk_gb}
        return str(self.call("admin", "POST", "/flavors", {"flavor": fields})["flavor"]["id"])

    def create_server(self, account: str, *, flavor_id: str, image_id: str, **fields: Any) -> str:
        """Create a server as ``admin`` or ``member`` in its project, without a network; return its id at once."""
        server = {
            "name": "a fixture server",
            "flavorRef": flavor_id,
            "imageRef": image_id,
            "networks": "none",
            **fields,
        }
        return str(self.call(account, "POST", "/servers", {"server": server})["server"]["id"])

    def wait(self, server_id: str) -> str:
        """Return the server's status as soon as it is no longer BUILD.

        Raises:
            RuntimeError: It still was after two minutes.
        """
        end = time.monotonic() + BUILD_SECONDS
        while time.monotonic() < end:
            status = str(self.call("admin", "GET", f"/servers/{server_id}")["server"]["status"])
            if status != "BUILD":
                return status
            time.sleep(0.2)
        raise RuntimeError(f"server {server_id} is in BUILD after {BUILD_SECONDS} s; see {self.stack.folder}/nova.log")

    def call(self, account: str, method: str, path: str, body: Any = None) -> Any:
        """Send one request over plain HTTP; return the JSON body of the answer."""
        keystone = Keystone(self.stack.ports.keystone_url, **_ACCOUNTS[account])
        headers = {
            "Content-Type": "application/json",
            "X-Auth-Token": keystone.token,
            "X-OpenStack-Nova-API-Version": "2.37",  # the first in which a server needs no network
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.ports.nova_url + path, data=data, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


_ACCOUNTS = {"admin": {}, "member": {"user": "joetest", "project": "fixture-project"}}


def install() -> Path:
    """Install the programs and migrate the databases, unless that is done already; return the template."""
    openstack_template.install()
    recipe = b"".join((HERE / name).read_bytes() for name in RECIPE)
    cache = openstack_template.CACHE
    template = cache / f"openstack-nova-template-{hashlib.sha256(recipe).hexdigest()[:12]}"
    with openstack_template.locked(cache / "openstack-nova.lock"):
        if not (template / "ready").exists():
            for old in cache.glob("openstack-nova-template-*"):
                shutil.rmtree(old)
            _prepare(template)
    return template


@contextmanager
def nova(stack: Stack) -> Iterator[Compute]:
    """Start Placement and Nova with a fresh copy of the prepared databases, and enter them in the stack's catalog.

    A copy each time: a compute that finds itself in databases that it does not remember refuses to start.

    Raises:
        RuntimeError: A service ended or did not answer; the message has the end of its log.
    """
    template, folder = install(), stack.folder
    for part in ("nova", "placement"):
        shutil.copytree(template / part, folder / part)
    ports = ComputePorts(*unused_ports(3))
    write_all(folder, ports, VENV, keystone_url=stack.ports.keystone_url)
    with sqlite3.connect(folder / "nova" / DATABASES[0]) as db:
        # Whole addresses: another checkout that shares the cache may have made the template under another path.
        for name, address in zip(("cell0", "cell1"), _cells(folder), strict=True):
            db.execute("update cell_mappings set database_connection = ? where name = ?", (address, name))
    db.close()
    _register(Keystone(stack.ports.keystone_url), ports)
    with ExitStack() as running:
        running.enter_context(no_network(ports.network))
        target = "placement.wsgi.api:application"
        placement = running.enter_context(service(folder, "placement", target, port=ports.placement))
        script = "openstack_nova_process.py"
        process = running.enter_context(service(folder, "nova", ports.placement_url, port=ports.nova, script=script))
        wait_until_it_answers(placement, ports.placement_url, log=folder / "placement.log")
        wait_until_it_answers(process, ports.nova_url, log=folder / "nova.log")
        yield Compute(stack, ports, {"placement": placement, "nova": process})


def _prepare(template: Path) -> None:
    """Migrate the databases; the last file written marks the template as complete."""
    template.mkdir(parents=True)
    write_all(template, ComputePorts(0, 0, 0), VENV, keystone_url="http://127.0.0.1:0/v3")
    placement = manage(template, "placement", "--config-file", f"{template}/placement/placement.conf", "db", "sync")
    script, conf = str(HERE / "openstack_nova_databases.py"), str(template / "nova/nova.conf")
    finish(start(template, str(VENV / "bin/python"), "-P", script, conf, *_cells(template)), template)
    finish(placement, template)
    (template / "ready").touch()


def _cells(folder: Path) -> list[str]:
    """Return the addresses of the two databases that Nova finds through the first one."""
    return [f"sqlite:///{folder}/nova/{name}{WAIT}" for name in DATABASES[1:]]


def _register(keystone: Keystone, ports: ComputePorts) -> None:
    """Create Nova's account, and the two services in the catalog of the first region."""
    _, projects = keystone.call("GET", "/projects?name=service")
    project = projects["projects"][0]["id"]
    user_id = keystone.create("user", name="nova", password="nova-secret", domain_id="default")
    _, roles = keystone.call("GET", "/roles")
    for role in roles["roles"]:
        if role["name"] in {"admin", "service"}:
            keystone.call("PUT", f"/projects/{project}/users/{user_id}/roles/{role['id']}")
    for name, kind, url in (("nova", "compute", ports.nova_url), ("placement", "placement", ports.placement_url)):
        service_id = keystone.create("service", name=name, type=kind)
        keystone.create("endpoint", service_id=service_id, interface="public", region_id=REGIONS[0], url=url)
