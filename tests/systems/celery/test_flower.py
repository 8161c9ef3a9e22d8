"""The API of a real Flower: the login, the tasks, and a missing queue."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.systems.celery.flower import Flower
from tests.services.celery import LOGIN, free_port, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.celery import CeleryService


def test_missing_configuration_is_refused() -> None:
    """The error names the setting."""
    with pytest.raises(Refused, match="RUNBOOK_FLOWER_URL is not set"):
        Flower("").workers()


def test_flower_that_is_down_is_not_connected() -> None:
    """The error names the address."""
    with pytest.raises(NotConnected, match="Flower cannot be reached at http://127"):
        Flower(f"http://127.0.0.1:{free_port()}").workers()


def test_real_flower_returns_tasks_and_workers_but_not_an_unknown_queue(
    celery: CeleryService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The login is in ~/.netrc. Without a worker, its queue is missing although tasks wait in it."""
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {LOGIN[0]} password {LOGIN[1]}\n")
    netrc.chmod(0o600)
    celery.start("imaging", queues="imaging")
    with celery.flower() as url:
        monkeypatch.setenv("NETRC", str(tmp_path / "none"))
        with pytest.raises(Refused, match="HTTP 401"):
            Flower(url).workers()
        with pytest.raises(Refused, match="HTTP 401"):
            Flower(url, auth=("ops", "wrong")).tasks("joetest")

        monkeypatch.setenv("NETRC", str(netrc))
        flower = Flower(url)
        wait_for(lambda: flower.workers().get("imaging@host"), "Flower to receive the worker's events")
        (task_id,) = celery.send(0)
        wait_for(lambda: any(task.state == "SUCCESS" for task in flower.tasks("instance-0")), "the task")
        (task,) = flower.tasks("instance-0")
        assert (task_id, "tests.machine_imaging_task", "imaging@host", "") == (
            task.id,
            task.name,
            task.worker,
            task.exception,
        )
        assert "joetest" in task.args
        assert () == flower.tasks("nobody-of-that-name")

    celery.end("imaging", signal.SIGTERM)
    celery.send(0, number=3)
    with celery.flower() as url:
        assert "imaging" not in Flower(url, auth=LOGIN).lengths()
