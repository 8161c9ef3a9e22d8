"""The list of imaging requests as tests read it, and the tasks in the fixture's Celery."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runbook_lib.fixture.stand_ins import celery_state, state_file
from runbook_lib.systems.db.models.atmosphere.models import MachineRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Bench

NAME = "list_imaging_requests"
RUNNING = ("just-approved", "in-flight", "silent-stall", "in-processing", "in-validation")


def rows(inspection: Any) -> dict[str, dict[str, Any]]:
    """Return the mapping from application name to row, by column."""
    part = inspection.parts[0]
    named = [dict(zip(part.columns, row, strict=True)) for row in part.rows]
    return {row["requests"]: row for row in named}


def states(inspection: Any) -> dict[str, str]:
    """Return the mapping from application name to state."""
    return {name: row["state"] for name, row in rows(inspection).items()}


def instance_id(name: str) -> str:
    """Return the UUID of a request's instance in Nova."""
    return str(MachineRequest.objects.get(new_application_name=name).instance.provider_alias)


@contextmanager
def celery(bench: Bench) -> Iterator[Any]:
    """Change the tasks in the fixture's Celery."""
    with state_file.changed(bench.practice / celery_state.FILE) as state:
        yield state


def task(args: str, *, stage: str = "active", queue: str = "imaging", worker: str = "imaging@atmo-prod") -> Any:
    """Return a task as the fixture's Celery keeps it."""
    name = "service.tasks.machine.machine_imaging_task"
    return {"name": name, "args": args, "id": f"id-{args}", "worker": worker, "queue": queue, "stage": stage}
