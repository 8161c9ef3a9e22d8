"""Start a real Keystone and two real Glances (one per region) on 127.0.0.1, as an ordinary user, from packages.

``python -m tests.services.openstack --install`` prepares everything and exits; without it, the stack runs until
standard input is closed or SIGTERM arrives, with ``--nova`` a Nova in the first region too. The programs live in
``.cache/openstack-venv``; migrated and filled databases are kept in ``.cache/openstack-template-<hash>`` and copied for
each run.
"""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.services.openstack_config import REGIONS, Ports, write_all
from tests.services.openstack_keystone import Keystone, send
from tests.services.openstack_nova import nova
from tests.services.openstack_process import VENV, free_ports, service, wait_until_it_answers
from tests.services.openstack_template import install

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable, Iterator, Mapping


@dataclass
class Stack:
    """A running stack.

    Attributes:
        folder: Configuration, databases and logs of this run.
        clouds_file: Names ``admin-1``, ``admin-2`` (admin in RegionOne, RegionTwo), ``member-1``, ``member-2``.
        ports: Where the services listen.
        project_id: The member's project.
        processes: Service name → process: ``keystone``, ``glance0``, ``glance1``.
    """

    folder: Path
    clouds_file: Path
    ports: Ports
    project_id: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def create_image(
        self, number: int, image: Mapping[str, Any], *, data: bytes | None, members: Iterable[str] = ()
    ) -> None:
        """Create an image in the Glance of ``REGIONS[number]`` as the admin, over plain HTTP.

        Args:
            number: 0 or 1.
            image: Glance's own object: id, name, visibility, owner, protected, custom properties.
            data: The image's contents; None leaves it queued.
            members: The ids of the projects it is shared with.
        """
        token = Keystone(self.ports.keystone_url).token
        url = f"{self.ports.glance_url(number)}/v2/images"
        body = {"container_format": "bare", "disk_format": "raw", **image}
        send("POST", url, json.dumps(body).encode(), token=token, content_type="application/json")
        if data is not None:
            send("PUT", f"{url}/{image['id']}/file", data, token=token, content_type="application/octet-stream")
        for project in members:
            member = json.dumps({"member": project}).encode()
            send("POST", f"{url}/{image['id']}/members", member, token=token, content_type="application/json")

    def rss_mb(self) -> dict[str, int]:
        """Return the resident memory of each process in MB."""
        return {name: _rss_mb(process.pid) for name, process in self.processes.items()}


@contextmanager
def openstack(workdir: Path) -> Iterator[Stack]:
    """Start the stack with a fresh copy of the prepared databases in `workdir`; stop it when left.

    Raises:
        RuntimeError: A service ended or did not answer; the message has the end of its log.
    """
    template = install()
    folder = workdir.resolve() / "openstack"
    shutil.copytree(template, folder)
    ports = free_ports()
    _readdress(folder, ports)
    stack = Stack(folder, _write_clouds(folder, ports), ports, (folder / "project_id").read_text())
    urls = {"keystone": ("keystone.wsgi.api:application", ports.keystone, ports.keystone_url)}
    for number, port in enumerate(ports.glance):
        urls[f"glance{number}"] = ("glance.wsgi.api:application", port, ports.glance_url(number) + "/healthcheck")
    with ExitStack() as running:
        for name, (target, port, _) in urls.items():
            stack.processes[name] = running.enter_context(service(folder, name, target, port=port))
        for name, (_, _, url) in urls.items():
            wait_until_it_answers(stack.processes[name], url, log=folder / f"{name}.log")
        yield stack


def _readdress(folder: Path, ports: Ports) -> None:
    """Point a copied template at this run's ports and folder: its catalog and configuration hold both."""
    write_all(folder, ports, VENV)
    with sqlite3.connect(folder / "keystone/keystone.db") as db:
        identity = "select id from service where type = 'identity'"
        db.execute(f"update endpoint set url = ? where service_id in ({identity})", (ports.keystone_url,))
        for number, region in enumerate(REGIONS):
            db.execute(
                f"update endpoint set url = ? where region_id = ? and service_id not in ({identity})",
                (ports.glance_url(number), region),
            )
    db.close()


def _write_clouds(folder: Path, ports: Ports) -> Path:
    """Write ``clouds.yaml`` (JSON is YAML) and return its path."""
    accounts = {"admin": ("admin", "admin"), "member": ("joetest", "fixture-project")}
    clouds = {
        f"{name}-{number + 1}": {
            "auth": {
                "auth_url": ports.keystone_url,
                "username": user,
                "password": f"{user}-secret",
                "project_name": project,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
            "region_name": region,
            "interface": "public",
            "identity_api_version": 3,
        }
        for number, region in enumerate(REGIONS)
        for name, (user, project) in accounts.items()
    }
    file = folder / "clouds.yaml"
    file.write_text(json.dumps({"clouds": clouds}, indent=1))
    return file


def _rss_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def main(arguments: list[str]) -> None:
    """Install, or run until standard input is closed or SIGTERM arrives."""
    if arguments == ["--install"]:
        sys.stdout.write(f"{install()}\n")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as running:
        folder = running.enter_context(tempfile.TemporaryDirectory())
        stack = running.enter_context(openstack(Path(folder)))
        if arguments == ["--nova"]:
            stack.processes |= running.enter_context(nova(stack)).processes
        about: dict[str, Any] = {"clouds_file": str(stack.clouds_file), "rss_mb": stack.rss_mb()}
        sys.stdout.write(json.dumps(about) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
