"""When a queue is empty, and when it only looks so: real workers on a real broker, in every situation there is."""

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


def seen(state: QueueState) -> tuple[int | None, int | None, list[str]]:
    """Return the columns of the table: waiting, unacknowledged, and the stages of the tasks that workers hold."""
    return state.waiting, state.unacked, sorted(task.stage for task in state.running)


def when(queues: Queues, expected: tuple[int | None, int | None, list[str]]) -> QueueState:
    """Return the state as soon as it is the expected one; the workers need a moment."""
    found: list[QueueState] = []

    def happened() -> bool:
        found.append(queues.state("imaging"))
        return expected == seen(found[-1])

    wait_for(happened, f"{expected}, last {found[-1:]}", seconds=20)
    return found[-1]


def test_an_idle_worker_proves_its_queue_empty_in_less_than_three_seconds(
    celery: CeleryService, queues: Queues
) -> None:
    """A worker answers and consumes the queue, and no task is in any of the four places."""
    celery.start("imaging", queues="imaging")
    began = time.monotonic()

    state = queues.state("imaging")

    assert time.monotonic() - began < 3
    assert (True, ("imaging@host",)) == (state.proved_idle, state.workers)
    assert "imaging: proved empty: imaging@host answered, nothing is held" == state.sentence


def test_the_broker_tells_its_release_unless_the_account_may_not_ask(celery: CeleryService, queues: Queues) -> None:
    """The doctor shows it; an account without that right still reads the queues."""
    client = redis.Redis.from_url(celery.url)
    try:
        told = client.info("server")
        assert f"Valkey {told['valkey_version']}" == queues.snapshot(["imaging"]).version
        client.execute_command("ACL", "SETUSER", "default", "-info")
        asked = queues.snapshot(["imaging"])
    finally:
        client.execute_command("ACL", "SETUSER", "default", "+info")
        client.close()

    assert ("", True) == (asked.version, asked.held is not None)


def test_nobody_answering_is_never_called_empty(celery: CeleryService, queues: Queues) -> None:
    """Without any worker nothing is proved, although nothing waits."""
    state = queues.state("imaging")

    assert (0, 0, []) == seen(state)
    assert (False, "imaging: nobody answers") == (state.proved_idle, state.sentence)
    assert celery.workers == {}


def test_a_queue_without_a_consumer_is_not_proved_empty(celery: CeleryService, queues: Queues) -> None:
    """A worker of other queues proves nothing."""
    celery.start("deploy", queues="ssh_deploy")

    state = queues.state("imaging")

    assert not state.proved_idle
    assert "imaging: nobody consumes it (there are deploy@host)" == state.sentence


def test_three_sent_are_one_waiting_one_given_one_active(celery: CeleryService, queues: Queues) -> None:
    """Of three tasks the worker does one and has taken one; the first row of the table, then the second."""
    celery.start("imaging", queues="imaging")
    celery.send(6, number=3)

    state = when(queues, (1, 1, ["active", "reserved"]))
    assert not state.proved_idle
    assert "2 tasks with a worker" in state.sentence
    assert "1 task waiting in the queue" in state.sentence
    assert "no worker tells of" not in state.sentence

    later = when(queues, (0, 1, ["active", "reserved"]))
    assert not later.proved_idle
    assert "machine_imaging_task['instance-1', 'joetest', 6] on imaging@host (active, id " in later.sentence


def test_a_task_for_later_is_found_although_the_queue_is_empty(celery: CeleryService, queues: Queues) -> None:
    """A task with a moment to wait for is with the worker; the queue's length is 0."""
    celery.start("imaging", queues="imaging")
    celery.send(1, countdown=300)

    state = when(queues, (0, 1, ["scheduled"]))

    assert not state.proved_idle


def test_a_warm_stop_puts_tasks_back(celery: CeleryService, queues: Queues) -> None:
    """SIGTERM lets the running task end and gives the others back: they wait, and nobody answers."""
    celery.start("imaging", queues="imaging")
    celery.send(4, number=3)
    when(queues, (1, 1, ["active", "reserved"]))

    assert 0 == celery.end("imaging", signal.SIGTERM)

    state = queues.state("imaging")
    assert (2, 0, []) == seen(state)
    assert "imaging: nobody answers; 2 tasks waiting in the queue" == state.sentence


def test_a_killed_worker_leaves_a_task_that_only_the_broker_shows(celery: CeleryService, queues: Queues) -> None:
    """After SIGKILL, and also when a new worker is up and idle, the queue is not empty."""
    celery.start("imaging", queues="imaging")
    _, taken = celery.send(60, number=2)
    when(queues, (0, 1, ["active", "reserved"]))

    assert -signal.SIGKILL == celery.end("imaging", signal.SIGKILL)

    dead = queues.state("imaging")
    assert (0, 1, []) == seen(dead)
    assert dead.sentence.startswith("imaging: nobody answers; 1 task given out and not acknowledged, which no worker")
    assert taken in dead.sentence

    celery.start("imaging", queues="imaging")
    alive = queues.state("imaging")
    assert (0, 1, [], ("imaging@host",)) == (*seen(alive), alive.workers)
    assert not alive.proved_idle


def test_a_task_of_a_priority_waits_in_another_list(celery: CeleryService, queues: Queues) -> None:
    """The list named by the queue is empty, and a task waits all the same."""
    celery.send(1, priority=6)

    client = celery.client
    assert 0 == client.llen("imaging")
    client.close()
    assert (1, 0, []) == seen(queues.state("imaging"))


def test_a_worker_of_several_queues_is_told_apart_by_task(celery: CeleryService, queues: Queues) -> None:
    """A task of another queue does not speak against this one; that the worker has more queues is told."""
    celery.start("node_1", queues="default,imaging", concurrency=2)
    celery.send(30, queue="default")
    wait_for(lambda: queues.state("default").running, "the task")

    state = queues.state("imaging")

    assert (True, ("default",)) == (state.proved_idle, state.shared)
    assert {"default": False, "imaging": True} == {n: s.proved_idle for n, s in queues.states().items()}


def test_a_stopped_worker_is_mute_and_nothing_is_proved(celery: CeleryService, queues: Queues) -> None:
    """A worker that hangs answers nothing: the other one does not speak for it."""
    hung = celery.start("imaging", queues="imaging")
    hung.send_signal(signal.SIGSTOP)

    state = queues.state("imaging")

    assert (False, "imaging: nobody answers") == (state.proved_idle, state.sentence)


def test_an_unreadable_message_counts_for_every_queue(celery: CeleryService, queues: Queues) -> None:
    """Something in the list of unacknowledged messages that can't be read can't be ruled out."""
    celery.start("imaging", queues="imaging")
    client = celery.client
    client.hset("unacked", "tag", "nonsense")
    client.close()

    state = queues.state("imaging")

    assert (False, 1) == (state.proved_idle, state.unacked)
