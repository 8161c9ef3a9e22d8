"""Examine Celery: its broker, Flower, and the workers' host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.config.settings import without_credentials
from runbook_lib.doctor.finding import OK, Finding
from runbook_lib.model import System

if TYPE_CHECKING:
    from runbook_lib.world.world import World


def broker(world: World) -> Finding:
    """Return the broker's workers and rights. Workers that do not respond are not a problem of the broker."""
    snapshot = world.queues.snapshot()
    may = "query workers; " + (snapshot.unreadable or "count waiting tasks")
    what = f"{world.queues.address()}, workers: {', '.join(sorted(snapshot.workers)) or 'none responded'}"
    version = snapshot.version or world.queues.address().partition(":")[0]
    return Finding(System.BROKER, OK, version=version, may=may, what=what)


def flower(world: World) -> Finding:
    """Return Flower's workers. Flower's API does not report its version."""
    workers = world.flower.workers()
    login = "with a login" if world.endpoints.flower_login else "with the login of ~/.netrc, or none"
    what = f"{without_credentials(world.endpoints.flower_url)}, {len(workers)} workers, {sum(workers.values())} up"
    return Finding(System.FLOWER, OK, may=f"read tasks and workers, {login}", what=what)


def host(world: World) -> Finding:
    """Return this account, its rights, and the service that manages the workers.

    Raises:
        NotConnected, Refused: The host is unreachable, its processes can't be listed, or it has no Celery service.
    """
    user = world.host.read(["id", "-un"]).output.strip()
    nodes = world.workers.nodes()
    what = f"{world.host.name}, {len(nodes)} Celery workers, managed by {world.workers.service()}"
    return Finding(System.HOST, OK, may=f"as {user}: run commands, list processes", what=what)
