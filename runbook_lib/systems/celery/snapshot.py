"""A snapshot of the tasks in Celery's broker and workers, and its conclusion for a queue; plain values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

IMAGING = "imaging"


@dataclass(frozen=True)
class Task:
    """A task that a worker holds.

    Attributes:
        name: Its dotted name.
        args: Its arguments as the worker shows them.
        id: Celery's id.
        worker: The worker that holds it.
        queue: Its routing key; usually the queue's name.
        stage: ``active``, ``reserved`` (delivered, not started) or ``scheduled`` (waits for its time).
    """

    name: str
    args: str
    id: str
    worker: str
    queue: str
    stage: str

    def __str__(self) -> str:
        """Return one line for the operator."""
        return f"{self.name.rpartition('.')[2]}{self.args} on {self.worker} ({self.stage}, id {self.id})"


@dataclass(frozen=True)
class Worker:
    """A worker that responded.

    Attributes:
        name: Its node name, such as ``imaging@atmo-prod``.
        queues: The queues that it consumes; None when it did not report them.
        tasks: Its tasks; None when it did not report them.
        pid: Process id of its parent process on the host or in the container; None when it did not report it.
    """

    name: str
    queues: tuple[str, ...] | None
    tasks: tuple[Task, ...] | None
    pid: int | None = None


@dataclass(frozen=True)
class Held:
    """The tasks of one queue in the broker itself.

    Attributes:
        waiting: Number of tasks that were not delivered to a worker yet.
        unacked: Ids of tasks that were delivered to a running or dead worker and not acknowledged.
        waiting_tasks: The first waiting tasks, the next one first; not all of them are read.
    """

    waiting: int
    unacked: tuple[str, ...]
    waiting_tasks: tuple[Task, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """The state of broker and workers at one time.

    Attributes:
        workers: Name → worker that responded.
        held: Queue → its tasks in the broker, for the requested queues; None when this broker can't be read.
        unreadable: Why the broker can't be read; empty when it can.
        version: The broker's release; empty when this account may not read it.
    """

    workers: Mapping[str, Worker]
    held: Mapping[str, Held] | None
    unreadable: str = ""
    version: str = ""


@dataclass(frozen=True)
class QueueState:
    """The state of one queue.

    Attributes:
        name: The queue.
        is_proved_idle: Whether every place where a task of this queue can be was read and is empty.
        finding: The conclusion in words, without the queue's name.
        workers: Names of the workers that consume it.
        running: Its tasks that those workers hold, in every stage.
        waiting: Number of tasks that were not delivered to a worker yet; None when unknown.
        unacked: Number of tasks delivered to a running or dead worker and not acknowledged; None when unknown.
        shared: Other queues that the same workers consume.
        waiting_tasks: The first waiting tasks, the next one first; not all of them are read.
    """

    name: str
    is_proved_idle: bool
    finding: str
    workers: tuple[str, ...] = ()
    running: tuple[Task, ...] = ()
    waiting: int | None = None
    unacked: int | None = None
    shared: tuple[str, ...] = field(default=())
    waiting_tasks: tuple[Task, ...] = ()

    @property
    def sentence(self) -> str:
        """The queue's name and the finding."""
        return f"{self.name}: {self.finding}"


def judge_all(snapshot: Snapshot, names: Iterable[str]) -> dict[str, QueueState]:
    """Return the states of these queues, and of every queue that a worker consumes."""
    consumed = {queue for worker in snapshot.workers.values() for queue in worker.queues or ()}
    return {name: judge(name, snapshot) for name in sorted({*names, *consumed})}


def judge(name: str, snapshot: Snapshot) -> QueueState:
    """Return the state of the queue `name`.

    A task can be in four places: the queue, the broker's list of unacknowledged tasks, a worker's schedule, and a
    worker's own list. A length of 0 alone does not prove that the queue is empty: a worker takes its next task early,
    and the task of a killed worker is visible only in the broker.
    """
    consumers = [worker for worker in snapshot.workers.values() if name in (worker.queues or ())]
    running = tuple(task for worker in consumers for task in worker.tasks or () if _may_be_of(task, name, worker))
    held = snapshot.held.get(name) if snapshot.held is not None else None
    doubts = [*_silence(snapshot, consumers), *_presence(held, running)]
    if held is None:
        doubts.append(snapshot.unreadable or "the broker did not report its tasks")
    finding = "; ".join(doubts) if doubts else f"proved empty: no task found, and {_names(consumers)} responded"
    return QueueState(
        name=name,
        is_proved_idle=not doubts,
        finding=finding,
        workers=tuple(worker.name for worker in consumers),
        running=running,
        waiting=held.waiting if held else None,
        unacked=len(held.unacked) if held else None,
        shared=tuple(sorted({queue for worker in consumers for queue in worker.queues or ()} - {name})),
        waiting_tasks=held.waiting_tasks if held else (),
    )


def _silence(snapshot: Snapshot, consumers: list[Worker]) -> list[str]:
    """Return the missing reports, in words."""
    if not snapshot.workers:
        return ["no worker responds"]
    silent = sorted(worker.name for worker in snapshot.workers.values() if worker.queues is None)
    doubts = [f"{', '.join(silent)} did not report its queues"] if silent else []
    if not consumers:
        doubts.append(f"no worker consumes it (workers that respond: {_names(list(snapshot.workers.values()))})")
    doubts += [f"{worker.name} did not report its tasks" for worker in consumers if worker.tasks is None]
    return doubts


def _presence(held: Held | None, running: tuple[Task, ...]) -> list[str]:
    """Return the tasks, in words."""
    evidence = []
    if running:
        evidence.append(f"{count(len(running), 'task')} held by a worker: {'; '.join(map(str, running))}")
    if held and held.waiting:
        evidence.append(f"{count(held.waiting, 'task')} waiting in the queue")
    lost = {*held.unacked} - {task.id for task in running} if held else set()
    if lost:
        evidence.append(
            f"{count(len(lost), 'task')} delivered but not acknowledged, and not reported by a worker "
            f"({', '.join(sorted(lost))}): a killed worker leaves such tasks, and the broker delivers them again later"
        )
    return evidence


def _may_be_of(task: Task, name: str, worker: Worker) -> bool:
    """Return whether a task might be from this queue; a task with an unknown routing key can't be ruled out."""
    return task.queue == name or task.queue not in (worker.queues or ())


def _names(workers: list[Worker]) -> str:
    return ", ".join(sorted(worker.name for worker in workers))
