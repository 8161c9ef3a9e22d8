"""What Celery's broker and workers hold at one moment, and what that proves about a queue; plain values, no I/O."""

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
        worker: Who holds it.
        queue: The routing key it came by; usually the queue's name.
        stage: ``active``, ``reserved`` (given to the worker, not begun) or ``scheduled`` (waits for a moment).
    """

    name: str
    args: str
    id: str
    worker: str
    queue: str
    stage: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.name.rpartition('.')[2]}{self.args} on {self.worker} ({self.stage}, id {self.id})"


@dataclass(frozen=True)
class Worker:
    """A worker that answered.

    Attributes:
        name: Its node name, such as ``imaging@atmo-prod``.
        queues: The queues it consumes; None when it did not say.
        tasks: What it holds; None when it did not say.
        pid: The process id of its parent process, in the host's or the container's counting; None when it did not say.
    """

    name: str
    queues: tuple[str, ...] | None
    tasks: tuple[Task, ...] | None
    pid: int | None = None


@dataclass(frozen=True)
class Held:
    """What the broker itself holds of one queue.

    Attributes:
        waiting: Tasks that no worker was given yet.
        unacked: The ids of tasks that were given to a worker, dead or alive, and not acknowledged.
        line: The tasks that wait, the next to be taken first, as many of them as were read.
    """

    waiting: int
    unacked: tuple[str, ...]
    line: tuple[Task, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Everything that was told at one moment.

    Attributes:
        workers: Those that answered, by name.
        held: Queue → what the broker holds of it, for the queues asked for; None when this broker can't be read.
        unreadable: Why it can't, in words; empty when it can.
        version: The broker's release; empty when it does not tell this account.
    """

    workers: Mapping[str, Worker]
    held: Mapping[str, Held] | None
    unreadable: str = ""
    version: str = ""


@dataclass(frozen=True)
class QueueState:
    """What is known of one queue.

    Attributes:
        name: The queue.
        proved_idle: True only when every place where a task of this queue can be was seen to be empty.
        finding: What is known, in words, without the queue's name.
        workers: Names of the workers that consume it.
        running: The tasks of it that those workers hold, in every stage.
        waiting: Tasks that no worker was given yet; None when unknown.
        unacked: Tasks given to a worker, dead or alive, and not acknowledged; None when unknown.
        shared: Other queues that the same workers consume.
        line: The tasks that wait, the next to be taken first, as many of them as were read.
    """

    name: str
    proved_idle: bool
    finding: str
    workers: tuple[str, ...] = ()
    running: tuple[Task, ...] = ()
    waiting: int | None = None
    unacked: int | None = None
    shared: tuple[str, ...] = field(default=())
    line: tuple[Task, ...] = ()

    @property
    def sentence(self) -> str:
        """The queue's name and the finding."""
        return f"{self.name}: {self.finding}"


def judge_all(seen: Snapshot, names: Iterable[str]) -> dict[str, QueueState]:
    """Return what `seen` proves about these queues, and about every queue that a worker consumes."""
    consumed = {queue for worker in seen.workers.values() for queue in worker.queues or ()}
    return {name: judge(name, seen) for name in sorted({*names, *consumed})}


def judge(name: str, seen: Snapshot) -> QueueState:
    """Return what `seen` proves about the queue `name`.

    A task can be in four places: the queue, the broker's list of unacknowledged ones, a worker that waits for the
    task's moment, and a worker that has it or works on it. A queue of length 0 alone proves nothing: a worker takes
    its next task out of the queue early, and one that was killed leaves its task where only the broker shows it.
    """
    consumers = [worker for worker in seen.workers.values() if name in (worker.queues or ())]
    running = tuple(task for worker in consumers for task in worker.tasks or () if _may_be_of(task, name, worker))
    held = seen.held.get(name) if seen.held is not None else None
    doubts = [*_silence(seen, consumers), *_presence(held, running)]
    if held is None:
        doubts.append(seen.unreadable or "the broker did not tell what it holds")
    finding = "; ".join(doubts) if doubts else f"proved empty: {_names(consumers)} answered, nothing is held"
    return QueueState(
        name=name,
        proved_idle=not doubts,
        finding=finding,
        workers=tuple(worker.name for worker in consumers),
        running=running,
        waiting=held.waiting if held else None,
        unacked=len(held.unacked) if held else None,
        shared=tuple(sorted({queue for worker in consumers for queue in worker.queues or ()} - {name})),
        line=held.line if held else (),
    )


def _silence(seen: Snapshot, consumers: list[Worker]) -> list[str]:
    """Return what was not answered."""
    if not seen.workers:
        return ["nobody answers"]
    mute = sorted(worker.name for worker in seen.workers.values() if worker.queues is None)
    doubts = [f"{', '.join(mute)} did not say which queues it consumes"] if mute else []
    if not consumers:
        doubts.append(f"nobody consumes it (there are {_names(list(seen.workers.values()))})")
    doubts += [f"{worker.name} did not say what it holds" for worker in consumers if worker.tasks is None]
    return doubts


def _presence(held: Held | None, running: tuple[Task, ...]) -> list[str]:
    """Return what was found."""
    found = []
    if running:
        found.append(f"{count(len(running), 'task')} with a worker: {'; '.join(map(str, running))}")
    if held and held.waiting:
        found.append(f"{count(held.waiting, 'task')} waiting in the queue")
    lost = {*held.unacked} - {task.id for task in running} if held else set()
    if lost:
        found.append(
            f"{count(len(lost), 'task')} given out and not acknowledged, which no worker tells of "
            f"({', '.join(sorted(lost))}): a worker that was killed leaves such a one, and the broker gives it out "
            "again later"
        )
    return found


def _may_be_of(task: Task, name: str, worker: Worker) -> bool:
    """Tell whether a task is of this queue; one that came by an unknown key counts, for it can't be ruled out."""
    return task.queue == name or task.queue not in (worker.queues or ())


def _names(workers: list[Worker]) -> str:
    return ", ".join(sorted(worker.name for worker in workers))
