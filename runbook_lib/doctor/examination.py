"""Examine all systems in parallel, so that an unresponsive one does not delay the others. Writes nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.doctor import celery, clouds, databases, home, services
from runbook_lib.doctor.finding import WRONG, Finding, from_error, not_configured
from runbook_lib.errors import RunbookError
from runbook_lib.model import DATABASES, System, SystemId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.config.settings import Settings
    from runbook_lib.world.world import World

SECONDS = 20.0
# System that exists once, except databases → its examination.
_SINGLE: Mapping[System, Callable[[World], Finding]] = {
    System.API: services.api,
    System.BROKER: celery.broker,
    System.FLOWER: celery.flower,
    System.HOST: celery.host,
    System.ARGO: services.argo,
    System.LOGS: services.logs,
}


def examine(world: World, settings: Settings, *, seconds: float = SECONDS) -> list[Finding]:
    """Return a finding for every system. Writes nothing, and continues after a problem.

    Args:
        world: The systems.
        settings: They name the journal's folder.
        seconds: The time limit for all systems together.
    """
    examinations = dict(_configured(world))
    _load(world)
    with world.reading():
        answers = world.ask(
            {name: partial(_safely, name, examination) for name, examination in examinations.items()}, seconds=seconds
        )
    findings = dict(answers.responses) | {name: from_error(name, error) for name, error in answers.errors.items()}
    return [*home.examine(settings), *(findings[name] for name in examinations), *_missing(world)]


def _safely(name: str, examination: Callable[[], Finding]) -> Finding:
    """Return the finding. A defect of one examination becomes a finding, so that it does not hide the others."""
    try:
        return examination()
    except RunbookError:
        raise
    except Exception as error:  # noqa: BLE001 - its text can quote a system's response, so it is not shown
        return Finding(
            name,
            WRONG,
            what=f"the examination failed: {type(error).__name__}",
            next_step="report this defect: the system's response was unexpected",
        )


def _configured(world: World) -> Iterator[tuple[str, Callable[[], Finding]]]:
    """Yield system → examination, for each configured system."""
    configured = world.endpoints.configured
    for name in DATABASES:
        if name in configured:
            yield name, partial(databases.examine, world, name)
    for provider_id in world.endpoints.clouds:
        for kind, cloud_examination in clouds.EXAMINATIONS.items():
            system = SystemId(kind, provider_id)
            yield str(system), partial(cloud_examination, world, system)
    for kind, examination in _SINGLE.items():
        if kind in configured:
            yield kind.value, partial(examination, world)


def _missing(world: World) -> Iterator[Finding]:
    """Yield a finding for every system that is not configured. The clouds' services share one."""
    configured = world.endpoints.configured
    for kind in (*map(System, DATABASES), *_SINGLE):
        if kind not in configured:
            yield not_configured(kind, *kind.variables)
    if not world.endpoints.clouds:
        yield not_configured(*System.GLANCE.facts.settings, *System.GLANCE.variables)


def _load(world: World) -> None:
    """Import the slow clients before the time limit starts."""
    world.clouds.prepare()
    world.queues.prepare()
    world.workflows.prepare()
