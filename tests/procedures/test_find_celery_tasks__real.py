"""find_celery_tasks with a real broker, a real worker and a real Flower."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from runbook_lib import connect, engine, params, procedures
from runbook_lib.config.settings import Settings
from tests.services.celery import LOGIN, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.services.celery import CeleryService


def inspected(world: World, text: str) -> Inspection:
    """Return the inspection for a text."""
    procedure = procedures.find("find_celery_tasks")
    return engine.inspect(procedure, world, params.check(procedure.fields, {"text": text}, procedure=procedure.name))


def cells(inspection: Inspection, table: int) -> list[tuple[object, ...]]:
    """Return the rows of one of its tables."""
    return list([part for part in inspection.parts if hasattr(part, "rows")][table].rows)


def test_task_is_shown_before_and_after_its_worker_is_killed(
    celery: CeleryService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """While it runs, a worker holds it; after a kill, Flower reports STARTED, but no worker holds it."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {LOGIN[0]} password {LOGIN[1]}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    celery.start("imaging", queues="imaging")
    with celery.flower("flower") as url:
        settings = Settings(home=tmp_path / "home", flower_url=url, broker_url=celery.url)
        with connect.open_world(settings, operator="tester@host") as world:
            wait_for(lambda: world.flower.workers().get("imaging@host"), "Flower to list the worker")
            (task_id,) = celery.send(120)
            wait_for(lambda: any(t.state == "STARTED" for t in world.flower.tasks(task_id)), "the task to begin")

            alive = inspected(world, task_id)
            assert f"1 task with '{task_id}': 1 STARTED." == alive.answer
            assert [task_id] == [row[-1] for row in cells(alive, 1)]
            assert () == alive.steps + alive.gaps

            celery.end("imaging", signal.SIGKILL)
            celery.start("imaging", queues="imaging")
            lost = inspected(world, task_id)
            assert [] == cells(lost, 1)
            assert "no worker that responds holds it now" in lost.steps[0].text
