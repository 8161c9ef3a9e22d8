"""The doctor's examination of Celery: its broker, Flower, and the host that its workers run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.config.settings import without_credentials
from runbook_lib.doctor.finding import OK, Finding
from runbook_lib.model import System

if TYPE_CHECKING:
    from runbook_lib.world.world import World


def broker(world: World) -> Finding:
    """Return who answers there; nobody answering is no problem of the broker's."""
    seen = world.queues.snapshot()
    may = "ask the workers; " + (seen.unreadable or "count what waits")
    what = f"{world.queues.address()}, workers: {', '.join(sorted(seen.workers)) or 'nobody answers'}"
    version = seen.version or world.queues.address().partition(":")[0]
    return Finding(System.BROKER, OK, version=version, may=may, what=what)


def flower(world: World) -> Finding:
    """Return which workers Flower knows; it tells no version."""
    workers = world.flower.workers()
    login = "with a login" if world.endpoints.flower_login else "with the login of ~/.netrc, or none"
    what = (
        f"{without_credentials(world.endpoints.flower_url)}, {len(workers)} workers known, {sum(workers.values())} up"
    )
    return Finding(System.FLOWER, OK, may=f"read tasks and workers, {login}", what=what)


def host(world: World) -> Finding:
    """Return who we are there, whether processes may be listed, and what keeps the workers.

    Raises:
        NotConnected, Refused: The host is not reached, its processes can't be listed, or it has no service of Celery.
    """
    who = world.host.read(["id", "-un"]).output.strip()
    nodes = world.workers.nodes()
    what = f"{world.host.name}, {len(nodes)} Celery workers, kept by {world.workers.service()}"
    return Finding(System.HOST, OK, may=f"as {who}: run commands, list processes", what=what)
