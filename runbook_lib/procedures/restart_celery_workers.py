"""Restart every Celery worker, after the imaging queue was proved empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model.plan import Plan
from runbook_lib.systems.host.idleness import ALL, SYSTEMD

if TYPE_CHECKING:
    from runbook_lib.world.world import World

GROUP = "Workers and workflows"
MINUTES = 10
NEEDS = ("host", "broker")


def plan(world: World) -> Plan:
    """Return the single call that restarts the workers.

    Raises:
        Refused: The imaging queue, or another queue whose tasks the restart would interrupt, is not proved empty; a
            worker is unresponsive; the host or the broker is not configured.
        NotConnected: The host or the broker does not respond.

    Source: docker/celeryd.initd and extras/systemd/celeryd.service of Atmosphere v37.
    """
    running = world.workers.nodes()
    service = world.workers.service()
    states = world.workers.check_idle(ALL, running, service)
    warnings = [f"'service celeryd restart' asks {len(running)} workers to stop, and waits for their running tasks"]
    warnings += [f"runs to its end: {state.sentence}" for state in states.values() if not state.is_proved_idle]
    if service == SYSTEMD:
        warnings.append("systemd kills every worker that has not ended after 90 s; every queue was proved empty first")
    else:
        warnings.append(
            "do not run it a second time meanwhile: the second run kills the tasks that the first waits for"
        )
    if not running:
        warnings = ["no worker runs on this host, so there is none to stop"]
    return Plan(changes=(world.workers.call(ALL, graceful=True, running=running),), warnings=tuple(warnings))
