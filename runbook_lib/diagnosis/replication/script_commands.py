"""Build the commands that copy images, with upstream's own flags.

Never used: ``--migrate-end-dated-versions``, which fails with a ``TypeError``, and the options for a version of the
Glance client, which are accepted and ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# The standard paths of an installation, in the container and on a host.
CODE = "/opt/dev/atmosphere"
PYTHON = ("env", f"PYTHONPATH={CODE}", "DJANGO_SETTINGS_MODULE=atmosphere.settings", "/opt/env/atmo/bin/python")
MIGRATE = f"{CODE}/scripts/application_to_provider.py"
SYNC = f"{CODE}/scripts/application_sync_providers.py"


def migrate(application_id: int, destination: int, source: int, *, flags: Iterable[str] = ()) -> list[str]:
    """Return the arguments that copy one application; `flags` are the ``--ignore-missing-…`` flags.

    Source: scripts/application_to_provider.py of Atmosphere v37.
    """
    return [*PYTHON, MIGRATE, str(application_id), str(destination), "--source-provider-id", str(source), *flags]


def sync(master: int, replicas: Iterable[int], *, applications: Iterable[int]) -> list[str]:
    """Return the arguments that copy these applications from a master to replicas.

    The option with the applications must come last; before the providers it would consume them.

    Source: scripts/application_sync_providers.py of Atmosphere v37.
    """
    return [*PYTHON, SYNC, str(master), *map(str, replicas), "--limit-app-ids", *map(str, applications)]
