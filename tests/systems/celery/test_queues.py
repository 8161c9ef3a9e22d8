"""The proof that a queue is empty, with real workers on a real broker in every situation."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
import redis

from runbook_lib.systems.celery import Queues
from tests.services.celery import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.systems.celery import QueueState
    from tests.services.celery import CeleryService


@pytest.fixture
def queues(celery: CeleryService) -> Iterator[Queues]:
    """The gateway on the real broker."""
    opened = Queues(celery.url)
    yield opened
    opened.close()


def counts(state: QueueState) -> tuple[int | None, int | None, list[str]]:
    """Return the numbers of waiting and unacknowledged tasks, and the stages of the tasks held by workers."""
    return state.waiting, state.unacked, sorted(task.stage for task in state.running)


def when(queues: Queues, expected: tuple[int | None, int | None, list[str]]) -> QueueState:
    """Return the state as soon as it is the expected one; the workers need some time."""
    states: list[QueueState] = []

    def is_expected() -> bool:
        states.append(queues.state("imaging"))
        return expected == counts(states[-1])

    wait_for(is_expected, f"{expected}, last {states[-1:]}", seconds=20)
    return states[-1]


def test_idle_worker_proves_its_queue_empty_in_three_seconds(celery: CeleryService, queues: Queues) -> None:
    """A worker responds and consumes the queue, and no task is in any of the four places."""
    celery.start("imaging", queues="imaging")
    began = time.monotonic()

    state = queues.state("imaging")

    assert time.monotonic() - began < 3
    assert (True, ("imaging@host",)) == (state.is_proved_idle, state.workers)
    assert "imaging: proved empty: no task found, and imaging@host responded" == state.sentence


def test_release_of_the_broker_is_read_if_the_account_may_read_it(celery: CeleryService, queues: Queues) -> None:
    """The doctor shows it; an account without that permission can still read the queues."""
    client = redis.Redis.from_url(celery.url)
    try:
        info = client.info("server")
        assert f"Valkey {info['valkey_version']}" == queues.snapshot(["imaging"]).version
        client.execute_command("ACL", "SETUSER", "default", "-info")
        asked = queues.snapshot(["imaging"])
    finally:
        client.execute_command("ACL", "SETUSER", "default", "+info")
        client.close()

    assert ("", True) == (asked.version, asked.held is not None)


def test_queue_without_responding_workers_is_not_proved_empty(celery: CeleryService, queues: Queues) -> None:
    """Without a worker nothing is proved, although no task waits."""
    state = queues.state("imaging")

    assert (0, 0, []) == counts(state)
    assert (False, "imaging: no worker responds") == (state.is_proved_idle, state.sentence)
    assert celery.workers == {}


def test_queue_without_a_consumer_is_not_proved_empty(celery: CeleryService, queues: Queues) -> None:
    """A worker of other queues does not prove anything about this one."""
    celery.start("deploy", queues="ssh_deploy")

    state = queues.state("imaging")

    assert not state.is_proved_idle
    assert "imaging: no worker consumes it (workers that respond: deploy@host)" == state.sentence


def test_three_tasks_are_waiting_reserved_and_active(celery: CeleryService, queues: Queues) -> None:
    """Of three tasks the worker runs one and has reserved one; the third one waits."""
    celery.start("imaging", queues="imaging")
    celery.send(6, number=3)

    state = when(queues, (1, 1, ["active", "reserved"]))
    assert not state.is_proved_idle
    assert "2 tasks held by a worker" in state.sentence
    assert "1 task waiting in the queue" in state.sentence
    assert "not reported by a worker" not in state.sentence

    later = when(queues, (0, 1, ["active", "reserved"]))
    assert not later.is_proved_idle
    assert "machine_imaging_task['instance-1', 'joetest', 6] on imaging@host (active, id " in later.sentence


def test_scheduled_task_is_found_although_the_queue_is_empty(celery: CeleryService, queues: Queues) -> None:
    """A worker holds a task that waits for its time, while the queue's length is 0."""
    celery.start("imaging", queues="imaging")
    celery.send(1, countdown=300)

    state = when(queues, (0, 1, ["scheduled"]))

    assert not state.is_proved_idle


def test_warm_shutdown_returns_tasks_to_the_queue(celery: CeleryService, queues: Queues) -> None:
    """After SIGTERM the running task ends and the others wait in the queue."""
    celery.start("imaging", queues="imaging")
    celery.send(4, number=3)
    when(queues, (1, 1, ["active", "reserved"]))

    assert 0 == celery.end("imaging", signal.SIGTERM)

    state = queues.state("imaging")
    assert (2, 0, []) == counts(state)
    assert "imaging: no worker responds; 2 tasks waiting in the queue" == state.sentence


def test_task_of_a_killed_worker_is_found_in_the_broker(celery: CeleryService, queues: Queues) -> None:
    """After SIGKILL the queue is not empty, even with a new idle worker."""
    celery.start("imaging", queues="imaging")
    _, taken = celery.send(60, number=2)
    when(queues, (0, 1, ["active", "reserved"]))

    assert -signal.SIGKILL == celery.end("imaging", signal.SIGKILL)

    dead = queues.state("imaging")
    assert (0, 1, []) == counts(dead)
    assert dead.sentence.startswith(
        "imaging: no worker responds; 1 task delivered but not acknowledged, and not reported by"
    )
    assert taken in dead.sentence

    celery.start("imaging", queues="imaging")
    alive = queues.state("imaging")
    assert (0, 1, [], ("imaging@host",)) == (*counts(alive), alive.workers)
    assert not alive.is_proved_idle


def test_task_with_a_priority_is_found_in_another_list(celery: CeleryService, queues: Queues) -> None:
    """The list with the queue's name is empty, although a task waits."""
    celery.send(1, priority=6)

    client = celery.client
    assert 0 == client.llen("imaging")
    client.close()
    assert (1, 0, []) == counts(queues.state("imaging"))


def test_tasks_of_a_worker_with_several_queues_are_distinguished(celery: CeleryService, queues: Queues) -> None:
    """A task of another queue does not count for this one; the state names the worker's other queues."""
    celery.start("node_1", queues="default,imaging", concurrency=2)
    celery.send(30, queue="default")
    wait_for(lambda: queues.state("default").running, "the task")

    state = queues.state("imaging")

    assert (True, ("default",)) == (state.is_proved_idle, state.shared)
    assert {"default": False, "imaging": True} == {n: s.is_proved_idle for n, s in queues.states().items()}


def test_stopped_worker_proves_nothing(celery: CeleryService, queues: Queues) -> None:
    """A worker that hangs does not respond."""
    hung = celery.start("imaging", queues="imaging")
    hung.send_signal(signal.SIGSTOP)

    state = queues.state("imaging")

    assert (False, "imaging: no worker responds") == (state.is_proved_idle, state.sentence)


def test_unreadable_message_counts_for_every_queue(celery: CeleryService, queues: Queues) -> None:
    """An unreadable unacknowledged message might be from any queue."""
    celery.start("imaging", queues="imaging")
    client = celery.client
    client.hset("unacked", "tag", "nonsense")
    client.close()

    state = queues.state("imaging")

    assert (False, 1) == (state.is_proved_idle, state.unacked)
