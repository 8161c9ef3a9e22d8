"""The tasks that wait in a queue: in the order in which a worker takes them, and no body of theirs is opened."""

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
    """Return what waits in the queue of imaging."""
    return queues.state("imaging").line


def test_the_one_that_waits_longest_is_the_next(celery: CeleryService, queues: Queues) -> None:
    """Each with its id, name and arguments in words; inspecting takes nothing."""
    sent = celery.send(0, number=3)

    first, second = waiting(queues), waiting(queues)

    assert sent == [task.id for task in first]
    assert first == second
    assert [f"['instance-{number}', 'joetest', 0]" for number in range(3)] == [task.args for task in first]
    assert {(TASK, "imaging", "", "waiting")} == {(task.name, task.queue, task.worker, task.stage) for task in first}


def test_a_higher_priority_goes_first(celery: CeleryService, queues: Queues) -> None:
    """Kombu keeps a list a priority and asks 0 before 9."""
    late = celery.send(0, priority=9)
    early = celery.send(0, priority=0)

    assert [*early, *late] == [task.id for task in waiting(queues)]


def test_a_worker_takes_them_in_the_order_that_was_told(celery: CeleryService, queues: Queues) -> None:
    """The order is that of a real worker, not only ours."""
    celery.send(60, number=4)
    expected = [task.id for task in waiting(queues)]
    celery.start("imaging", queues="imaging")

    def taken() -> bool:
        return len(queues.state("imaging").running) == 2  # one works, one is kept ready

    wait_for(taken, "a worker with two tasks")
    state = queues.state("imaging")
    assert expected[:2] == [task.id for task in sorted(state.running, key=lambda task: task.stage)]
    assert expected[2:] == [task.id for task in state.line]


def test_only_the_first_hundred_are_read(celery: CeleryService, queues: Queues) -> None:
    """All of them are counted."""
    sent = celery.send(0, number=queue_order.MOST + 1)

    state = queues.state("imaging")

    assert sent[: queue_order.MOST] == [task.id for task in state.line]
    assert queue_order.MOST + 1 == state.waiting


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
def test_a_message_without_headers_keeps_its_place(
    celery: CeleryService, queues: Queues, message: bytes, name: str
) -> None:
    """Whatever it is, the ones behind it are not moved up."""
    client: Any = celery.client
    client.lpush("imaging", message)
    client.close()
    behind = celery.send(0)

    found = waiting(queues)

    assert [name, TASK] == [task.name for task in found]
    assert behind == [found[1].id]


def test_a_password_among_the_arguments_is_masked(celery: CeleryService, queues: Queues) -> None:
    """Atmosphere hands an administrator's login to the task that makes the image."""
    with celery.app() as app:
        app.send_task(TASK, [{"secret": "hunter2-and-more"}], queue="imaging")

    assert "[{'secret': '(masked)'}]" == waiting(queues)[0].args
