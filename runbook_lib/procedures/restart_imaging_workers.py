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

GROUP = "Imaging requests"
MINUTES = 5
NEEDS = ("host", "broker")


@dataclass(frozen=True, kw_only=True)
class Params:
    """The kind of restart."""

    graceful: bool = param(
        "True only asks the workers to stop, and waits. False also kills workers that do not stop within 30 seconds.",
        default=True,
    )


def plan(world: World, params: Params) -> Plan:
    """Return the single call that restarts the workers.

    Raises:
        Refused: The imaging queue, or another queue that would be interrupted, is not proved empty; a worker is
            unresponsive or runs on another host; the host or the broker is not configured.
        NotConnected: The host or the broker does not respond.

    Source: atmosphere/celery_router.py, docker/celeryd.initd and extras/systemd/celeryd.service of Atmosphere v37.
    """
    running = world.workers.nodes(IMAGING)
    service = world.workers.service()
    states = world.workers.check_idle(IMAGING, running, service)
    shared = sorted({queue for node in running for queue in node.queues} - {IMAGING})
    warnings = [
        f"{node} gets SIGTERM (its parent process alone), which asks it to stop: {mask(node.command)}"
        for node in running
    ]
    if not running:
        warnings.append(f"no imaging worker runs on this host, so there is none to stop. {states[IMAGING].sentence}")
    if shared:
        warnings.append(f"the same worker also serves {', '.join(shared)}; these queues were proved empty too")
    if not params.graceful:
        warnings.append(
            "a worker that has not ended after 30 s is killed (SIGKILL) with its children, if pid, start and command "
            "line are unchanged; programs that imaging started, such as qemu-nbd or virt-sysprep, stay behind"
        )
    warnings.append(_how_started(service))
    return Plan(
        changes=(world.workers.call(IMAGING, graceful=params.graceful, running=running),), warnings=tuple(warnings)
    )


def _how_started(service: str) -> str:
    """Return the command that starts the workers again, and its effect on other workers."""
    if service == SYSTEMD:
        return (
            "'service celeryd restart' starts the workers again, and restarts every other worker too: systemd treats "
            "'start' as done while any worker is running; every queue was proved empty first"
        )
    return f"'service celeryd start' ({INIT_SCRIPT}) starts the workers again, and does not touch running workers"
