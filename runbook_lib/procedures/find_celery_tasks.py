"""Find Celery tasks by instance, user or name: their results, the workers that hold them, and each queue's state."""

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
    from runbook_lib.systems.celery.tasks import FlowerTask
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Workers and workflows"
MINUTES = 2
NEEDS = ("flower or broker",)
OPTIONAL = {"flower": "past tasks and their results", "broker": "waiting tasks, and tasks that workers hold now"}
QUEUES = ("imaging", "ssh_deploy", "fast_deploy", "default", "periodic", "email")
"""The queues of Atmosphere v37's router."""
_MEMORY, _LENGTHS = (Question(SystemId(System.FLOWER), about) for about in ("memory", "queues"))
_TRACEBACKS, _AROUND = 3, 60
_MAX_TASKS = 500
_UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Params:
    """The tasks to find."""

    text: str = param(
        "Text in a task's arguments, name, id, worker or result, taken literally; empty: the latest tasks of all.",
        where="an instance's UUID (its alias), a username, an image's name, a task's name such as _deploy_instance",
        default="",
        example="00000000-0000-0000-0000-000000000000",
    )
    state: Literal["any", "RECEIVED", "STARTED", "SUCCESS", "FAILURE", "RETRY", "REVOKED", "REJECTED"] = param(
        "Only tasks in this Celery state.", default="any"
    )
    limit: int = param("How many tasks to show, 1 to 500: the tasks with Flower's latest events.", default=20)


def inspect(world: World, params: Params) -> Inspection:
    """Return the tasks that Flower remembers and that workers hold, their tracebacks, and the state of every queue.

    Reads Flower, and Celery's broker with its workers. A queue that neither of them reports is unknown, not empty.

    Raises:
        Refused: `limit` is out of range, or neither Flower nor the broker is configured.
        NotConnected: Neither Flower nor the broker responds.

    Source: atmosphere/celery_router.py of Atmosphere v37; the API of Flower 0.9.2 and 2.2.
    """
    if not 1 <= params.limit <= _MAX_TASKS:
        why = f"it must be 1 to {_MAX_TASKS}"
        raise Refused(what=f"limit is {params.limit}", why=why, next_step="give a number in range")
    state = "" if params.state == "any" else params.state
    answers = world.ask(
        {
            System.FLOWER: lambda: world.flower.search(params.text, state=state, limit=params.limit),
            System.BROKER: lambda: world.queues.snapshot(QUEUES),
            _MEMORY: world.flower.history,
            _LENGTHS: world.flower.lengths,
        }
    )
    if System.FLOWER not in answers.responses and System.BROKER not in answers.responses:
        answers.require_any()
    matches: TaskMatches | None = answers.get(System.FLOWER)
    history: History | None = answers.get(_MEMORY)
    tasks = matches.tasks if matches else ()
    held = _held(answers.get(System.BROKER), params.text)
    return Inspection(
        answer=_answer(params, matches, history, held=len(held)),
        parts=(*_parts(params, tasks, held), *_queues(answers)),
        events=tuple(_events(tasks)),
        gaps=tuple(_gaps(answers, history)),
        steps=tuple(_steps(tasks, answers.get(System.BROKER))),
    )


def _answer(params: Params, matches: TaskMatches | None, history: History | None, *, held: int) -> str:
    which = f" with {params.text!r}" if params.text.strip() else ""
    which += f" in state {params.state}" if params.state != "any" else ""
    if matches is None:
        return f"Flower does not respond; workers hold {count(held, 'task')}{which}."
    if not matches.tasks:
        answer = f"Flower remembers no task{which}."
    else:
        states = ", ".join(
            f"{number} {state}" for state, number in Counter(t.state for t in matches.tasks).most_common()
        )
        answer = f"{count(len(matches.tasks), 'task')}{which}: {states}."
    if matches.is_partial:
        answer += " There might be more: these are the tasks with the latest events."
    if history is None or history.is_complete is None:
        answer += " It is unknown whether Flower missed tasks."
    elif not history.is_complete:
        answer += " Flower missed tasks: a task that is missing here might still have run."
    return answer


def _parts(params: Params, tasks: tuple[FlowerTask, ...], held: tuple[Task, ...]) -> Iterator[Part]:
    columns = ("last event", "state", "task", "arguments", "worker", "attempt", "received", "ended", "exception", "id")
    rows = tuple(
        (
            task.last_event,
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
    yield Table("Tasks that Flower remembers", columns, rows, note="the log of a task's worker shows more")
    failing = [task for task in tasks if task.traceback]
    for task in failing[:_TRACEBACKS]:
        yield Excerpt(f"Traceback of {task.name} {task.id} ({task.state})", _readable(task.traceback))
    rows_held = tuple(
        (task.worker, task.queue, task.stage, task.name, _around(task.args, params.text), task.id) for task in held
    )
    yield Table("Tasks that workers hold now", ("worker", "queue", "stage", "task", "arguments", "id"), rows_held)


def _queues(answers: Answers) -> Iterator[Part]:
    """Yield the state of every queue: its length in Flower, and what the broker and the workers prove."""
    lengths: dict[str, int] = answers.get(_LENGTHS, {})
    snapshot: Snapshot | None = answers.get(System.BROKER)
    states = judge_all(snapshot, QUEUES) if snapshot else {}
    names = [*QUEUES, *sorted({*lengths, *states} - {*QUEUES})]
    rows = tuple(_queue(name, lengths.get(name), states.get(name)) for name in names)
    columns = ("queue", "length in Flower", "waiting", "unacknowledged", "workers", "state")
    note = "a length of 0 proves nothing: a worker fetches its next task early, and a killed worker leaves it elsewhere"
    yield Table("Queues", columns, rows, note=note)


def _queue(name: str, length: int | None, state: QueueState | None) -> tuple[Value, ...]:
    cells: tuple[Value, ...] = (_UNKNOWN, _UNKNOWN, _UNKNOWN, "no response: unknown, not empty")
    if state:
        waiting = _UNKNOWN if state.waiting is None else state.waiting
        unacked = _UNKNOWN if state.unacked is None else state.unacked
        cells = (waiting, unacked, ", ".join(state.workers) or "none", state.finding)
    return (name, _UNKNOWN if length is None else length, *cells)


def _events(tasks: tuple[FlowerTask, ...]) -> Iterator[Event]:
    for task in tasks:
        if task.first_event is not None:
            ended = task.ended or task.retried
            text = f"{task.name} {task.state}" + (f", attempt {task.retries + 1}" if task.retries else "")
            yield Event(
                task.first_event,
                "celery",
                text,
                until=ended,
                lasts=not (ended or task.has_ended),
                trouble=task.is_trouble,
            )


def _gaps(answers: Answers, history: History | None) -> Iterator[Gap]:
    yield from answers.gaps
    if history is not None and not history.is_complete:
        yield Gap(
            str(_MEMORY),
            history.description,
            f"read the workers' logs: {commands.inspect('find_log_lines', text='TEXT', system='celery')}",
        )


def _steps(tasks: tuple[FlowerTask, ...], snapshot: Snapshot | None) -> Iterator[Step]:
    """Yield the next step for the first task of each kind of problem."""
    kinds = {task.state: task for task in reversed(tasks)}
    if "RETRY" in kinds:
        task = kinds["RETRY"]
        yield Step(f"{task.name}: attempt {task.retries + 1} failed, and Celery retries it. Wait, and inspect again.")
    lost = [task for task in tasks if task.state == "STARTED" and snapshot and not _is_held(task, snapshot)]
    if lost:
        yield Step(
            f"{lost[0].name} {lost[0].id} was started, but no worker that responds holds it now. A killed worker "
            "leaves such a task behind. Check whether its worker is still running.",
            commands.DOCTOR,
            "tools/imaging-queue.html",
        )
    if "FAILURE" in kinds:
        yield _failure(kinds["FAILURE"])
    if not tasks:
        yield Step("Search for another text, such as the username or the UUID in the arguments.")


def _failure(task: FlowerTask) -> Step:
    """Return the step for a task that failed permanently; a known exception gives its cause and fix."""
    failed = f"{task.name} on {task.worker or 'a worker'} failed permanently"
    texts = (task.exception, _readable(task.traceback))
    entries = [entry for text in texts if text and (entry := classify(f"{task.name}: {text}"))]
    entry = next((entry for entry in entries if entry.kind != "sign"), None)
    if entry is None:
        log = to_inspect("find_log_lines", text=task.id, system="celery")
        return Step(f"{failed}, with an unknown exception. Read its worker's log.", *log)
    return Step(f"{failed}: {entry.meaning} {entry.next_step}", next(iter(entry.commands), ""), entry.page)


def _held(snapshot: Snapshot | None, text: str) -> tuple[Task, ...]:
    """Return the tasks that workers hold and that contain the text."""
    workers = sorted(snapshot.workers.values(), key=lambda worker: worker.name) if snapshot else []
    tasks = [task for worker in workers for task in worker.tasks or ()]
    return tuple(task for task in tasks if has_text(text, task.id, task.name, task.args, task.worker))


def _is_held(task: FlowerTask, snapshot: Snapshot) -> bool:
    """Return whether a worker holds the task, or might hold it because its list of tasks is unknown."""
    workers = snapshot.workers.values()
    holders = [worker for worker in workers if worker.tasks is None or not task.worker]
    return bool(holders) or any(held.id == task.id for worker in workers for held in worker.tasks or ())


def _around(text: str, wanted: str) -> str:
    """Return the part of long arguments around the wanted text, or all of short arguments."""
    position = text.casefold().find(wanted.strip().casefold()) if wanted.strip() else 0
    first = max(0, position - _AROUND // 2)
    part = text[first : first + 3 * _AROUND]
    return ("…" if first else "") + part + ("…" if first + 3 * _AROUND < len(text) else "")


def _readable(traceback: str) -> str:
    """Return a traceback in lines, also if it was reported as the ``repr()`` of a text."""
    if "\n" in traceback.strip() or r"\n" not in traceback:
        return traceback
    return traceback.strip("'\" \n").replace(r"\n", "\n").replace(r"\'", "'").replace(r"\"", '"')
