"""List the open imaging requests: running, waiting, failed, and stalled ones that report no error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from runbook_lib.messages import classify
from runbook_lib.messages.topics import IMAGING_REQUEST
from runbook_lib.model.inspection import Inspection, Step, Table, page, to_inspect, to_plan
from runbook_lib.params import param
from runbook_lib.systems.db.queries import imaging_requests, open_imaging_requests
from runbook_lib.text.words import age, count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from runbook_lib.model.inspection import Value
    from runbook_lib.systems.celery.snapshot import QueueState
    from runbook_lib.systems.db.queries.open_imaging_requests import Request
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Imaging requests"
MINUTES = 2
NEEDS = ("atmosphere",)
OPTIONAL = {"broker": "whether the imaging queue is blocked, and what waits in it"}
SECONDS = 8.0  # for Celery's broker; the database has responded by then
QUEUE = "imaging"
# A request in validation waits for an instance of its own, which is not a task of imaging.
_QUEUES = {"validating": (QUEUE, "fast_deploy")}
ASKED = (QUEUE, "fast_deploy")
State = Literal["in-flight", "waiting", "errored", "stalled"]
_ORDER: tuple[State, ...] = ("in-flight", "stalled", "errored", "waiting")
_MAX_SHOWN = 200
_NOTE = (
    "submitted is not approved: the database does not record when a request started to run. in-flight means running, "
    "as far as the data sources show"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The requests to list."""

    state: Literal["all", "in-flight", "waiting", "errored", "stalled"] = param(
        "The open requests to list; the answer counts all of them in any case.", default="all"
    )


@dataclass(frozen=True)
class _Judged:
    """A request, and its state.

    Attributes:
        request: It.
        state: What it is.
        place: The place of the request's task, or the reason why there is none; empty where it does not matter.
        idle: Whether the request counts as stalled because no task works on it; otherwise the database alone shows it.
    """

    request: Request
    state: State
    place: str = ""
    idle: bool = False


def inspect(world: World, params: Params) -> Inspection:
    """Return the open requests by state. Reads the database (again, if a request seems stalled) and Celery's broker.

    Raises:
        NotConnected: Atmosphere's database does not respond.

    Source: service/tasks/machine.py, core/models/machine_request.py and celery_router.py of Atmosphere v37.
    """
    first = open_imaging_requests.open_requests()
    answers = world.ask({"celery": partial(world.queues.states, ASKED)}, seconds=SECONDS)
    judged = [_judged(request, answers.get("celery")) for request in first]
    if any(entry.idle for entry in judged):
        judged = _judged_again(judged)
    counts = Counter(entry.state for entry in judged)
    chosen = [entry for entry in judged if params.state in {"all", entry.state}]
    chosen.sort(key=lambda entry: (_ORDER.index(entry.state), entry.request.key))
    return Inspection(
        answer=_answer(counts, judged, answers),
        parts=(_requests(chosen, world.now()), _queues(answers)),
        gaps=answers.gaps,
        steps=tuple(_steps(judged, counts)),
    )


def _judged(request: Request, queues: Mapping[str, QueueState] | None) -> _Judged:
    if request.is_waiting or request.has_failed:
        return _Judged(request, "waiting" if request.is_waiting else "errored")
    if place := _place(request, queues):
        return _Judged(request, "in-flight", place)
    if request.message is None:
        return _Judged(request, "stalled", "its message is NULL, on which the start fails")
    if queues is None:
        return _Judged(request, "in-flight", "unknown")
    states = [queues[name] for name in _QUEUES.get(request.status, (QUEUE,))]
    if all(queue.is_proved_idle for queue in states):
        names = " and ".join(queue.name for queue in states)
        return _Judged(request, "stalled", f"no task works on it: {names} proved empty", idle=True)
    return _Judged(request, "in-flight", "no task of it was found, but the queue is not proved empty")


def _place(request: Request, queues: Mapping[str, QueueState] | None) -> str:
    """Return where the request's task is; empty when none was found."""
    for queue in (queues or {}).values():
        for task in queue.running:
            if any(mark in task.args for mark in request.identifiers):
                return f"{task.stage} on {task.worker}"
        for number, task in enumerate(queue.waiting_tasks, start=1):
            if any(mark in task.args for mark in request.identifiers):
                return f"{number} of {queue.waiting} waiting in {queue.name}"
    return ""


def _judged_again(judged: Sequence[_Judged]) -> list[_Judged]:
    """Return the requests, judged anew if they changed while Celery was inspected: a changed one is not stalled."""
    now = {request.key: request for request in open_imaging_requests.open_requests()}
    kept: list[_Judged] = []
    for entry in judged:
        fresh = now.get(entry.request.key)
        if not entry.idle or entry.request.has_same_state(fresh):
            kept.append(entry)
        elif fresh is not None:
            kept.append(_moved(fresh))
    return kept


def _moved(request: Request) -> _Judged:
    state: State = "waiting" if request.is_waiting else "errored" if request.has_failed else "in-flight"
    return _Judged(request, state, "its status changed during this inspection" if state == "in-flight" else "")


def _answer(counts: Counter[State], judged: Sequence[_Judged], answers: Answers) -> str:
    text = (
        f"{count(len(judged), 'request is', 'requests are')} open: {counts['in-flight']} in flight, "
        f"{counts['stalled']} stalled, {counts['errored']} errored, {counts['waiting']} waiting for approval."
    )
    if "celery" not in answers.responses:
        text += " It is unknown whether a task works on those in flight: Celery did not respond."
    if counts["in-flight"] > 1:
        text += " More than one is in flight: their steps interleave."
    return text


def _requests(chosen: Sequence[_Judged], now: datetime) -> Table:
    rows = [_row(entry, now) for entry in chosen[:_MAX_SHOWN]]
    left_out = f"; {len(chosen) - len(rows)} more are left out" if len(chosen) > len(rows) else ""
    columns = (
        "id",
        "state",
        "status",
        "submitted",
        "age",
        "user",
        "requests",
        "instance_id",
        "provider",
        "task",
        "meaning",
    )
    return Table("Open imaging requests", columns, tuple(rows), note=f"{_NOTE}{left_out}")


def _row(judged: _Judged, now: datetime) -> tuple[Value, ...]:
    request = judged.request
    instance = f"{request.instance_id} (ended)" if request.is_instance_ended else request.instance_id
    provider = f"{request.provider_id} {request.location}"
    if request.target_id != request.provider_id:
        provider += f", to {request.target_id}"
    start = (request.key, judged.state, request.status, request.submitted, age(now - request.submitted))
    return (*start, request.username, request.application, instance, provider, judged.place, _meaning(judged))


def _meaning(judged: _Judged) -> str:
    """Return the meaning of the request's message; its text decides, not the state in front of it."""
    if judged.state == "errored":
        entry = classify(judged.request.message, IMAGING_REQUEST)
        return entry.meaning if entry else "an unknown error"
    if judged.state == "waiting":
        return f"an approval would resume {imaging_requests.describe_resume(judged.request.message)}"
    return ""


def _queues(answers: Answers) -> Table:
    queues: Mapping[str, QueueState] = answers.get("celery", {})
    rows = tuple((name, queues[name].finding) for name in ASKED if name in queues)
    return Table("Queues", ("queue", "state"), rows)


def _steps(judged: Sequence[_Judged], counts: Counter[State]) -> Iterator[Step]:
    first = {state: next((entry.request for entry in judged if entry.state == state), None) for state in _ORDER}
    stalled = [entry.request.key for entry in judged if entry.state == "stalled"]
    if errored := first["errored"]:
        text = "Find the cause of a failed request, and the next step."
        yield Step(text, *to_inspect("triage_imaging_request", request_id=errored.key))
    if stalled:
        yield Step(
            "Set a stalled request back to pending, after you read the worker's log.",
            *to_plan("resubmit_imaging_request", request_id=stalled[0]),
        )
    if counts["in-flight"]:
        yield Step("Approve the next request when none is in flight.", page=page("approve_imaging_request"))
    elif waiting := min((entry.request for entry in judged if entry.state == "waiting"), key=_submitted, default=None):
        yield Step(
            "Approve the request that has waited longest" + (", after no request is stalled." if stalled else "."),
            *to_plan("approve_imaging_request", request_id=waiting.key),
        )


def _submitted(request: Request) -> datetime:
    return request.submitted
