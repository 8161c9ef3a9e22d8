"""The waiting tasks of a queue, in the order of a worker, read without their bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.systems.celery import Queues, queue_order
from tests.services.celery import TASK, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.systems.celery.snapshot import Task
    from tests.services.celery import CeleryService


@pytest.fixture
def queues(celery: CeleryService) -> Iterator[Queues]:
    """The gateway on the real broker."""
    opened = Queues(celery.url)
    yield opened
    opened.close()


def waiting(queues: Queues) -> tuple[Task, ...]:
    """Return the waiting tasks of the imaging queue."""
    return queues.state("imaging").waiting_tasks


def test_oldest_task_is_the_next(celery: CeleryService, queues: Queues) -> None:
    """Each task has its id, name and arguments; reading removes nothing."""
    sent = celery.send(0, number=3)

    first, second = waiting(queues), waiting(queues)

    assert sent == [task.id for task in first]
    assert first == second
    assert [f"['instance-{number}', 'joetest', 0]" for number in range(3)] == [task.args for task in first]
    assert {(TASK, "imaging", "", "waiting")} == {(task.name, task.queue, task.worker, task.stage) for task in first}


def test_higher_priority_comes_first(celery: CeleryService, queues: Queues) -> None:
    """Kombu has one list per priority and reads 0 before 9."""
    late = celery.send(0, priority=9)
    early = celery.send(0, priority=0)

    assert [*early, *late] == [task.id for task in waiting(queues)]


def test_real_worker_takes_tasks_in_this_order(celery: CeleryService, queues: Queues) -> None:
    """The order of the gateway is that of a real worker."""
    celery.send(60, number=4)
    expected = [task.id for task in waiting(queues)]
    celery.start("imaging", queues="imaging")

    def taken() -> bool:
        return len(queues.state("imaging").running) == 2  # one is active, one is reserved

    wait_for(taken, "a worker with two tasks")
    state = queues.state("imaging")
    assert expected[:2] == [task.id for task in sorted(state.running, key=lambda task: task.stage)]
    assert expected[2:] == [task.id for task in state.waiting_tasks]


def test_only_the_first_hundred_are_read(celery: CeleryService, queues: Queues) -> None:
    """All tasks are counted."""
    sent = celery.send(0, number=queue_order.MAX_TASKS + 1)

    state = queues.state("imaging")

    assert sent[: queue_order.MAX_TASKS] == [task.id for task in state.waiting_tasks]
    assert queue_order.MAX_TASKS + 1 == state.waiting


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (b"not JSON", ""),
        (b"[]", ""),
        (b"{}", ""),
        (b'{"headers": null}', ""),
        (b'{"headers": {}, "body": "gAJ9"}', ""),  # Celery 3: everything is in the body
        (json.dumps({"headers": {"task": 7, "argsrepr": None, "id": "x"}}).encode(), "7"),
    ],
)
def test_message_without_headers_keeps_its_position(
    celery: CeleryService, queues: Queues, message: bytes, name: str
) -> None:
    """The tasks after it do not move up."""
    client: Any = celery.client
    client.lpush("imaging", message)
    client.close()
    behind = celery.send(0)

    tasks = waiting(queues)

    assert [name, TASK] == [task.name for task in tasks]
    assert behind == [tasks[1].id]


def test_password_in_the_arguments_is_masked(celery: CeleryService, queues: Queues) -> None:
    """Atmosphere passes an administrator's login to the imaging task."""
    with celery.app() as app:
        app.send_task(TASK, [{"secret": "hunter2-and-more"}], queue="imaging")

    assert "[{'secret': '(masked)'}]" == waiting(queues)[0].args
