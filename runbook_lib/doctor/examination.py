"""Examine all systems side by side, so that one that is dead does not keep the others waiting; reads only."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.doctor import celery, clouds, databases, services
from runbook_lib.doctor.finding import OK, WRONG, Finding, from_error, not_configured
from runbook_lib.errors import RunbookError
from runbook_lib.errors.unchanged import WRITABLE_HOME
from runbook_lib.model import DATABASES, System, SystemId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.config.settings import Settings
    from runbook_lib.world.world import World

SECONDS = 20.0
# The systems of which there is one, without the databases → their examinations.
_SINGLE: Mapping[System, Callable[[World], Finding]] = {
    System.API: services.api,
    System.BROKER: celery.broker,
    System.FLOWER: celery.flower,
    System.HOST: celery.host,
    System.ARGO: services.argo,
    System.LOGS: services.logs,
}


def examine(world: World, settings: Settings, *, seconds: float = SECONDS) -> list[Finding]:
    """Return a finding for every system; reads only, and goes on after a problem.

    Args:
        world: The systems.
        settings: Where the journal is kept.
        seconds: How long each system may take; all are asked at once.
    """
    examinations = dict(_configured(world))
    _load(world)
    with world.reading():
        answers = world.ask(
            {name: partial(_safely, name, examination) for name, examination in examinations.items()}, seconds=seconds
        )
    findings = dict(answers.responses) | {name: from_error(name, error) for name, error in answers.errors.items()}
    return [_home(settings), *(findings[name] for name in examinations), *_missing(world)]


def _safely(name: str, examination: Callable[[], Finding]) -> Finding:
    """Return the finding; a defect of one examination is reported as such, and does not hide what the others found."""
    try:
        return examination()
    except RunbookError:
        raise
    except Exception as error:  # noqa: BLE001 - its text is not shown: it may quote what a system sent
        return Finding(
            name,
            WRONG,
            what=f"it could not be examined: {type(error).__name__}",
            next_step="report it: what this system answers is not foreseen",
        )


def _configured(world: World) -> Iterator[tuple[str, Callable[[], Finding]]]:
    """Yield system → examination, of what is configured."""
    configured = world.endpoints.configured
    for name in DATABASES:
        if name in configured:
            yield name, partial(databases.examine, world, name)
    for provider_id in world.endpoints.clouds:
        for kind, of_cloud in clouds.EXAMINATIONS.items():
            system = SystemId(kind, provider_id)
            yield str(system), partial(of_cloud, world, system)
    for kind, examination in _SINGLE.items():
        if kind in configured:
            yield kind.value, partial(examination, world)


def _missing(world: World) -> Iterator[Finding]:
    """Yield a finding for every system that is not configured; one for the services of the clouds."""
    configured = world.endpoints.configured
    for kind in (*map(System, DATABASES), *_SINGLE):
        if kind not in configured:
            yield not_configured(kind, *kind.variables)
    if not world.endpoints.clouds:
        yield not_configured(*System.GLANCE.facts.settings, *System.GLANCE.variables)


def _load(world: World) -> None:
    """Load the clients that are slow to import, before any time limit begins to run."""
    world.clouds.prepare()
    world.queues.prepare()
    world.workflows.prepare()


def _home(settings: Settings) -> Finding:
    """Examine whether the journal can be written, without making the folder."""
    nearest = next(folder for folder in (settings.home, *settings.home.parents) if os.access(folder, os.F_OK))
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding("RUNBOOK_HOME", OK, what=str(settings.home), may="write the journal, plans and runs")
    return Finding(
        "RUNBOOK_HOME",
        WRONG,
        what=f"{settings.home} can't be written",
        next_step=WRITABLE_HOME,
    )
