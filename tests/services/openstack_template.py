"""Install the programs of the real Keystone and Glance, and keep migrated and filled databases to copy for each run."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.services.openstack_config import REGIONS, Ports, glance_folder, write_all
from tests.services.openstack_keystone import populate
from tests.services.openstack_process import HERE, VENV, finish, free_ports, manage, service, wait_until_it_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE = VENV.parent
CONSTRAINTS = HERE / "openstack-constraints.txt"
# What the databases depend on; a change of one of these files makes new ones.
RECIPE = (CONSTRAINTS.name, "openstack_config.py", "openstack_keystone.py", "openstack_template.py")


def install() -> Path:
    """Install the programs and prepare the databases, unless that is done already; return the template."""
    recipe = b"".join((HERE / name).read_bytes() for name in RECIPE)
    template = CACHE / f"openstack-template-{hashlib.sha256(recipe).hexdigest()[:12]}"
    with locked(CACHE / "openstack.lock"):
        if not (template / "project_id").exists():
            _install_programs()
            for old in CACHE.glob("openstack-template-*"):
                shutil.rmtree(old)
            _prepare(template)
    return template


def _install_programs() -> None:
    uv = Path(sys.executable).parent / "uv"
    quiet = [str(uv), "--quiet"]
    if not (VENV / "bin/python").exists():
        subprocess.run([*quiet, "venv", "--python", sys.executable, str(VENV)], check=True)
    pip = [*quiet, "pip", "install", "--compile-bytecode", "--python", str(VENV / "bin/python")]
    subprocess.run([*pip, "-r", str(CONSTRAINTS)], check=True)


def _prepare(template: Path) -> None:
    """Migrate the databases, bootstrap Keystone and fill it; the last file written marks the template as complete."""
    ports = free_ports()
    template.mkdir(parents=True)
    write_all(template, ports, VENV)
    migration = manage(template, "glance", "--config-file", f"{glance_folder(template, 0)}/glance-api.conf", "db_sync")
    options = ("keystone", "--config-file", f"{template}/keystone/keystone.conf")
    owner = ("--keystone-user", str(os.getuid()), "--keystone-group", str(os.getgid()))
    finish(manage(template, *options, "db_sync"), template)
    finish(manage(template, *options, "fernet_setup", *owner), template)
    finish(manage(template, *options, "credential_setup", *owner), template)
    finish(manage(template, *options, "bootstrap", *_bootstrap_options(ports)), template)
    finish(migration, template)
    shutil.copy(glance_folder(template, 0) / "glance.db", glance_folder(template, 1) / "glance.db")
    with service(template, "keystone", "keystone.wsgi.api:application", port=ports.keystone) as keystone:
        wait_until_it_answers(keystone, ports.keystone_url, log=template / "keystone.log")
        project_id = populate(ports)
    (template / "project_id").write_text(project_id)


def _bootstrap_options(ports: Ports) -> list[str]:
    """Return the options; keystonemiddleware in Glance looks Keystone up under its *internal* address."""
    options = {"username": "admin", "password": "admin-secret", "project-name": "admin", "region-id": REGIONS[0]}
    addresses = {f"{interface}-url": ports.keystone_url for interface in ("public", "internal", "admin")}
    return [text for name, value in (options | addresses).items() for text in (f"--bootstrap-{name}", value)]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time install."""
    file.parent.mkdir(exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
