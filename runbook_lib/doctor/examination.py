"""Examine all systems side by side, so that one that is dead does not keep the others waiting; reads only."""

from __future__ import annotations

import importlib
import os
from functools import partial
from typing import TYPE_CHECKING

from runbook_lib.doctor import celery, clouds, databases, services
from runbook_lib.doctor.finding import OK, WRONG, Finding, from_error, not_configured
from runbook_lib.errors import RunbookError
from runbook_lib.errors.unchanged import WRITABLE_HOME
from runbook_lib.model import DATABASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runbook_lib.config.settings import Settings
    from runbook_lib.world.world import World

SECONDS = 20.0


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
    told = dict(answers.told) | {name: from_error(name, error) for name, error in answers.errors.items()}
    found = {name: told[name] for name in examinations}
    return [_home(settings), *found.values(), *_missing(world, found)]


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
    for name in DATABASES:
        if world.endpoints.databases.get(name):
            yield name, partial(databases.examine, world, name)
    for provider_id in world.endpoints.clouds:
        for kind, examination in clouds.EXAMINATIONS.items():
            yield f"{kind}:{provider_id}", partial(examination, world, provider_id)
    yield from ((name, partial(examination, world)) for name, (there, examination) in _single(world).items() if there)


def _single(world: World) -> dict[str, tuple[bool, Callable[[World], Finding]]]:
    """Return system → whether it is configured, and its examination, of those that there is one of."""
    endpoints = world.endpoints
    return {
        "api": (bool(endpoints.api_url), services.api),
        "broker": (world.queues.configured, celery.broker),
        "flower": (bool(endpoints.flower_url), celery.flower),
        "host": (bool(endpoints.host_exec), celery.host),
        "argo": (bool(endpoints.argo_url), services.argo),
        "logs": (endpoints.log_dir is not None, services.logs),
    }


def _missing(world: World, found: dict[str, Finding]) -> Iterator[Finding]:
    """Yield a finding for every system that is not configured."""
    variables = {name: (f"RUNBOOK_{name.upper()}_DB",) for name in DATABASES} | {
        "api": ("RUNBOOK_API_URL", "RUNBOOK_API_TOKEN"),
        "broker": ("RUNBOOK_BROKER_URL",),
        "flower": ("RUNBOOK_FLOWER_URL",),
        "host": ("RUNBOOK_HOST_EXEC",),
        "argo": ("RUNBOOK_ARGO_URL",),
        "logs": ("RUNBOOK_LOG_DIR",),
    }
    for name, needed in variables.items():
        if name not in found:
            yield not_configured(name, *needed)
    if not world.endpoints.clouds:
        yield not_configured("clouds", "RUNBOOK_CLOUDS")


def _load(world: World) -> None:
    """Import the clients that are slow to import, before any time limit begins to run."""
    if world.endpoints.clouds:
        importlib.import_module("runbook_lib.systems.openstack.sdk_compute")
        importlib.import_module("runbook_lib.systems.openstack.sdk_identity")
    if world.endpoints.broker_url:
        importlib.import_module("runbook_lib.systems.celery.broker")
    if world.endpoints.argo_url:
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
