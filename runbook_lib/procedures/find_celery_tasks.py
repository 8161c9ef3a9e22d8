"""Find Celery's tasks by an instance, a user or a name: what became of them, who has them, and what waits where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import Refused
from runbook_lib.messages import classify
from runbook_lib.model import System, SystemId
from runbook_lib.model.inspection import Event, Excerpt, Gap, Inspection, Step, Table, to_inspect
from runbook_lib.params import param
from runbook_lib.systems.celery.snapshot import judge_all
from runbook_lib.systems.celery.tasks import has_text
from runbook_lib.text import commands
from runbook_lib.text.words import count
from runbook_lib.world.ask import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model.inspection import Part, Value
    from runbook_lib.systems.celery.flower import TaskMatches
    from runbook_lib.systems.celery.history import History
    from runbook_lib.systems.celery.snapshot import QueueState, Snapshot, Task
    from runbook_lib.systems.celery.tasks import SeenTask
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("flower or broker",)
TELLS_MORE = {"flower": "what was done, and how it ended", "broker": "what waits, and what the workers hold now"}
QUEUES = ("imaging", "ssh_deploy", "fast_deploy", "default", "periodic", "email")
"""The queues of Atmosphere v37's router."""
_MEMORY, _LENGTHS = (Question(SystemId(System.FLOWER), about) for about in ("memory", "queues"))
_TRACEBACKS, _AROUND = 3, 60
_MOST = 500
_UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which tasks."""

    text: str = param(
        "What stands in a task's arguments, name, id, worker or result, taken literally; empty: the latest of all.",
        where="an instance's uuid (its alias), a user name, an image's name, a task's name such as _deploy_instance",
        default="",
        example="00000000-0000-0000-0000-000000000000",
    )
    state: Literal["any", "RECEIVED", "STARTED", "SUCCESS", "FAILURE", "RETRY", "REVOKED", "REJECTED"] = param(
        "Only tasks in this state of Celery's.", default="any"
    )
    most: int = param("The most tasks to show, 1 to 500: those that Flower heard of last.", default=20)


def inspect(world: World, params: Params) -> Inspection:
    """Return the tasks that Flower remembers and that workers hold, their tracebacks, and what is known of every queue.

    Reads Flower, and Celery's broker with its workers. A queue that neither of them tells of is unknown, not empty.

    Raises:
        Refused: `most` is out of range; or neither Flower nor the broker is configured.
        NotConnected: Neither of them answers.

    Source: atmosphere/celery_router.py of Atmosphere v37; the API of Flower 0.9.2 and 2.2.
    """
    if not 1 <= params.most <= _MOST:
        raise Refused(what=f"most is {params.most}", why=f"it must be 1 to {_MOST}", next_step="give a number in range")
    state = "" if params.state == "any" else params.state
    answers = world.ask(
        {
            System.FLOWER: lambda: world.flower.search(params.text, state=state, limit=params.most),
            System.BROKER: lambda: world.queues.snapshot(QUEUES),
            _MEMORY: world.flower.history,
            _LENGTHS: world.flower.lengths,
        }
    )
    if System.FLOWER not in answers.responses and System.BROKER not in answers.responses:
        answers.require_any()
    found: TaskMatches | None = answers.get(System.FLOWER)
    history: History | None = answers.get(_MEMORY)
    tasks = found.tasks if found else ()
    held = _held(answers.get(System.BROKER), params.text)
    return Inspection(
        answer=_answer(params, found, history, held=len(held)),
        parts=(*_parts(params, tasks, held), *_queues(answers)),
        events=tuple(_events(tasks)),
        gaps=tuple(_gaps(answers, history)),
        steps=tuple(_steps(tasks, answers.get(System.BROKER))),
    )


def _answer(params: Params, found: TaskMatches | None, history: History | None, *, held: int) -> str:
    which = f" with {params.text!r}" if params.text.strip() else ""
    which += f" in state {params.state}" if params.state != "any" else ""
    if found is None:
        return f"Flower does not tell; workers hold {count(held, 'task')}{which}."
    if not found.tasks:
        answer = f"Flower remembers no task{which}."
    else:
        states = ", ".join(f"{number} {state}" for state, number in Counter(t.state for t in found.tasks).most_common())
        answer = f"{count(len(found.tasks), 'task')}{which}: {states}."
    if found.cut:
        answer += " There may be more: these are the ones heard of last."
    if history is None or history.whole is None:
        answer += " What Flower missed is not known."
    elif not history.whole:
        answer += " Flower has missed tasks: that one is not here does not mean that it never ran."
    return answer


def _parts(params: Params, tasks: tuple[SeenTask, ...], held: tuple[Task, ...]) -> Iterator[Part]:
    columns = ("last heard of", "state", "task", "arguments", "worker", "try", "received", "ended", "exception", "id")
    rows = tuple(
        (
            task.seen,
            task.state,
            task.name,
            _around(f"{task.args} {task.kwargs}".removesuffix(" {}"), params.text),
            task.worker or _UNKNOWN,
            task.retries + 1,
            task.received,
            task.ended,
            task.exception,
            task.id,
        )
        for task in tasks
    )
    yield Table("Tasks that Flower remembers", columns, rows, note="the log of its worker tells more of a task")
    troubled = [task for task in tasks if task.traceback]
    for task in troubled[:_TRACEBACKS]:
        yield Excerpt(f"Traceback of {task.name} {task.id} ({task.state})", _readable(task.traceback))
    rows_held = tuple(
        (one.worker, one.queue, one.stage, one.name, _around(one.args, params.text), one.id) for one in held
    )
    yield Table("Tasks that workers hold now", ("worker", "queue", "stage", "task", "arguments", "id"), rows_held)


def _queues(answers: Answers) -> Iterator[Part]:
    """Yield what is known of every queue: Flower's length, and what the broker and the workers prove."""
    lengths: dict[str, int] = answers.get(_LENGTHS, {})
    seen: Snapshot | None = answers.get(System.BROKER)
    states = judge_all(seen, QUEUES) if seen else {}
    names = [*QUEUES, *sorted({*lengths, *states} - {*QUEUES})]
    rows = tuple(_queue(name, lengths.get(name), states.get(name)) for name in names)
    columns = ("queue", "Flower's length", "waiting", "given out", "workers", "what is known")
    note = "a length of 0 proves nothing: a worker takes its next task out early, and a killed one leaves it elsewhere"
    yield Table("Queues", columns, rows, note=note)


def _queue(name: str, length: int | None, state: QueueState | None) -> tuple[Value, ...]:
    known: tuple[Value, ...] = (_UNKNOWN, _UNKNOWN, _UNKNOWN, "nobody told: unknown, not empty")
    if state:
        waiting = _UNKNOWN if state.waiting is None else state.waiting
        unacked = _UNKNOWN if state.unacked is None else state.unacked
        known = (waiting, unacked, ", ".join(state.workers) or "nobody", state.finding)
    return (name, _UNKNOWN if length is None else length, *known)


def _events(tasks: tuple[SeenTask, ...]) -> Iterator[Event]:
    for task in tasks:
        if task.began is not None:
            ended = task.ended or task.retried
            text = f"{task.name} {task.state}" + (f", try {task.retries + 1}" if task.retries else "")
            yield Event(
                task.began, "celery", text, until=ended, lasts=not (ended or task.has_ended), trouble=task.is_trouble
            )


def _gaps(answers: Answers, history: History | None) -> Iterator[Gap]:
    yield from answers.gaps
    if history is not None and not history.whole:
        yield Gap(
            str(_MEMORY),
            history.says,
            f"read the workers' logs: {commands.inspect('find_log_lines', text='TEXT', system='celery')}",
        )


def _steps(tasks: tuple[SeenTask, ...], seen: Snapshot | None) -> Iterator[Step]:
    """Yield what to do about the first task of each kind of trouble."""
    kinds = {task.state: task for task in reversed(tasks)}
    if "RETRY" in kinds:
        task = kinds["RETRY"]
        yield Step(
            f"{task.name}: try {task.retries + 1} failed, and it is tried again by itself. Wait, and inspect again."
        )
    lost = [task for task in tasks if task.state == "STARTED" and seen and not _is_held(task, seen)]
    if lost:
        yield Step(
            f"{lost[0].name} {lost[0].id} was begun, and no worker that answers holds it now: a worker that was killed "
            "leaves a task like that. Check whether its worker still runs.",
            commands.DOCTOR,
            "tools/imaging-queue.html",
        )
    if "FAILURE" in kinds:
        yield _failure(kinds["FAILURE"])
    if not tasks:
        yield Step("Search for another text: the user name, or the uuid, which stand in the arguments.")


def _failure(task: SeenTask) -> Step:
    """Return what to do about a task that failed for good, as far as its exception is known."""
    failed = f"{task.name} on {task.worker or 'a worker'} has failed for good"
    entry = classify(task.exception) or classify(_readable(task.traceback))
    if entry is None or entry.kind == "sign":
        log = to_inspect("find_log_lines", text=task.id, system="celery")
        return Step(f"{failed}, for a reason that is not among the known ones. Read its worker's log.", *log)
    return Step(f"{failed}: {entry.meaning} {entry.next_step}", next(iter(entry.commands), ""), entry.page)


def _held(seen: Snapshot | None, text: str) -> tuple[Task, ...]:
    """Return the tasks that workers hold and that have the text."""
    workers = sorted(seen.workers.values(), key=lambda worker: worker.name) if seen else []
    tasks = [task for worker in workers for task in worker.tasks or ()]
    return tuple(task for task in tasks if has_text(text, task.id, task.name, task.args, task.worker))


def _is_held(task: SeenTask, seen: Snapshot) -> bool:
    """Tell whether a worker has the task, or one that may have it did not say what it holds."""
    holders = [worker for worker in seen.workers.values() if worker.tasks is None or not task.worker]
    return bool(holders) or any(one.id == task.id for worker in seen.workers.values() for one in worker.tasks or ())


def _around(text: str, wanted: str) -> str:
    """Return the part of long arguments in which the wanted text stands, the whole when they are short."""
    place = text.casefold().find(wanted.strip().casefold()) if wanted.strip() else 0
    first = max(0, place - _AROUND // 2)
    part = text[first : first + 3 * _AROUND]
    return ("…" if first else "") + part + ("…" if first + 3 * _AROUND < len(text) else "")


def _readable(traceback: str) -> str:
    """Return a traceback in lines, also one that was told as the ``repr()`` of a text."""
    if "\n" in traceback.strip() or r"\n" not in traceback:
        return traceback
    return traceback.strip("'\" \n").replace(r"\n", "\n").replace(r"\'", "'").replace(r"\"", '"')
