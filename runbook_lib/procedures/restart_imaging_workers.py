"""Restart the Celery workers that serve the imaging queue, after it was proved empty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.systems.host.idleness import IMAGING, INIT_SCRIPT, SYSTEMD
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from runbook_lib.world.world import World

MINUTES = 5
NEEDS = ("host", "broker")


@dataclass(frozen=True, kw_only=True)
class Params:
    """How hard to try."""

    graceful: bool = param(
        "True only asks the workers to finish, and waits; False also kills the ones that do not end within 30 seconds.",
        default=True,
    )


def plan(world: World, params: Params) -> Plan:
    """Return the one call that restarts them.

    Raises:
        Refused: The imaging queue, or another queue that would be interrupted, is not proved empty; a worker is mute or
            runs elsewhere; the way to the host or to the broker is not configured.
        NotConnected: The host or the broker does not answer.

    Source: atmosphere/celery_router.py, docker/celeryd.initd and extras/systemd/celeryd.service of Atmosphere v37.
    """
    running = world.workers.nodes(IMAGING)
    service = world.workers.service()
    states = world.workers.check_idle(IMAGING, running, service)
    shared = sorted({queue for node in running for queue in node.queues} - {IMAGING})
    warnings = [
        f"{node} is asked to finish (SIGTERM to its parent process alone): {mask(node.command)}" for node in running
    ]
    if not running:
        warnings.append(f"no worker of imaging runs on this host, so there is none to stop. {states[IMAGING].sentence}")
    if shared:
        warnings.append(f"the same worker serves {', '.join(shared)} too, which were proved empty as well")
    if not params.graceful:
        warnings.append(
            "what has not ended after 30 s is killed (SIGKILL), children included, if pid, start and command line are "
            "still the same; programs that imaging started, such as qemu-nbd or virt-sysprep, are left behind"
        )
    warnings.append(_how_started(service))
    return Plan(
        changes=(world.workers.call(IMAGING, graceful=params.graceful, running=running),), warnings=tuple(warnings)
    )


def _how_started(service: str) -> str:
    """Return which command brings the workers back, and what else it touches."""
    if service == SYSTEMD:
        return (
            "the workers come back with 'service celeryd restart', which restarts every other worker too: systemd "
            "takes 'start' for done while any of them lives; so every queue was asked for, and proved empty"
        )
    return f"the workers come back with 'service celeryd start' ({INIT_SCRIPT}), which leaves the living ones alone"
