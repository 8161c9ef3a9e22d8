"""List the open imaging requests: which run, which wait, which failed, and which are stalled without a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from runbook_lib.messages import classify
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

MINUTES = 2
NEEDS = ("atmosphere",)
TELLS_MORE = {"broker": "whether the imaging queue is held up, and what waits in it"}
SECONDS = 8.0  # for Celery's broker; the database has answered by then
QUEUE = "imaging"
# A request in validation waits for an instance of its own, which is not a task of imaging.
_QUEUES = {"validating": (QUEUE, "fast_deploy")}
ASKED = (QUEUE, "fast_deploy")
State = Literal["in-flight", "waiting", "errored", "stalled"]
_ORDER: tuple[State, ...] = ("in-flight", "stalled", "errored", "waiting")
_SHOWN = 200
_NOTE = (
    "submitted is not approved: since when a request has been running the database does not know. in-flight is what "
    "runs as far as is known"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which requests."""

    state: Literal["all", "in-flight", "waiting", "errored", "stalled"] = param(
        "Which of the open requests to list; all are counted in any case.", default="all"
    )


@dataclass(frozen=True)
class _Judged:
    """A request, and what is known of it.

    Attributes:
        request: It.
        state: What it is.
        place: Where its task is, or why there is none; empty when that is no question.
        idle: Whether it counts as stalled because nothing works on it; otherwise the database alone says so.
    """

    request: Request
    state: State
    place: str = ""
    idle: bool = False


def inspect(world: World, params: Params) -> Inspection:
    """Return the open requests by what they are. Reads the database, twice where it matters, and Celery's broker.

    Raises:
        NotConnected: Atmosphere's database does not answer.

    Source: service/tasks/machine.py, core/models/machine_request.py and celery_router.py of Atmosphere v37.
    """
    first = open_imaging_requests.open_requests()
    answers = world.ask({"celery": partial(world.queues.states, ASKED)}, seconds=SECONDS)
    judged = [_judged(one, answers.get("celery")) for one in first]
    if any(one.idle for one in judged):
        judged = _again(judged)
    counts = Counter(one.state for one in judged)
    chosen = [one for one in judged if params.state in {"all", one.state}]
    chosen.sort(key=lambda one: (_ORDER.index(one.state), one.request.key))
    return Inspection(
        answer=_answer(counts, judged, answers),
        parts=(_requests(chosen, world.now()), _queues(answers)),
        gaps=answers.gaps,
        steps=tuple(_steps(judged, counts)),
    )


def _judged(of: Request, queues: Mapping[str, QueueState] | None) -> _Judged:
    if of.is_waiting or of.has_failed:
        return _Judged(of, "waiting" if of.is_waiting else "errored")
    if place := _place(of, queues):
        return _Judged(of, "in-flight", place)
    if of.message is None:
        return _Judged(of, "stalled", "its message is NULL, on which the start fails")
    if queues is None:
        return _Judged(of, "in-flight", "not known")
    mine = [queues[name] for name in _QUEUES.get(of.status, (QUEUE,))]
    if all(queue.proved_idle for queue in mine):
        names = " and ".join(queue.name for queue in mine)
        return _Judged(of, "stalled", f"nothing works on it: {names} proved empty", idle=True)
    return _Judged(of, "in-flight", "no task of it was seen, and that none is there is not proved")


def _place(of: Request, queues: Mapping[str, QueueState] | None) -> str:
    """Return where the request's task is; empty when none was seen."""
    for queue in (queues or {}).values():
        for task in queue.running:
            if any(mark in task.args for mark in of.identifiers):
                return f"{task.stage} on {task.worker}"
        for number, task in enumerate(queue.line, start=1):
            if any(mark in task.args for mark in of.identifiers):
                return f"{number} of {queue.waiting} waiting in {queue.name}"
    return ""


def _again(judged: Sequence[_Judged]) -> list[_Judged]:
    """Return them with those that moved on while Celery was asked read anew: such a one is not stalled."""
    now = {one.key: one for one in open_imaging_requests.open_requests()}
    kept: list[_Judged] = []
    for one in judged:
        fresh = now.get(one.request.key)
        if not one.idle or one.request.has_same_state(fresh):
            kept.append(one)
        elif fresh is not None:
            kept.append(_moved(fresh))
    return kept


def _moved(of: Request) -> _Judged:
    state: State = "waiting" if of.is_waiting else "errored" if of.has_failed else "in-flight"
    return _Judged(of, state, "it moved on this moment" if state == "in-flight" else "")


def _answer(counts: Counter[State], judged: Sequence[_Judged], answers: Answers) -> str:
    words = (
        f"{count(len(judged), 'request is', 'requests are')} open: {counts['in-flight']} in flight, "
        f"{counts['stalled']} stalled, {counts['errored']} errored, {counts['waiting']} waiting for approval."
    )
    if "celery" not in answers.responses:
        words += " Whether those in flight are really worked on is not known: Celery did not tell."
    if counts["in-flight"] > 1:
        words += " More than one is in flight: their steps interleave."
    return words


def _requests(chosen: Sequence[_Judged], now: datetime) -> Table:
    rows = [_row(one, now) for one in chosen[:_SHOWN]]
    left = f"; {len(chosen) - len(rows)} more are left out" if len(chosen) > len(rows) else ""
    columns = (
        "id",
        "state",
        "status",
        "submitted",
        "age",
        "user",
        "asks for",
        "instance_id",
        "provider",
        "task",
        "says",
    )
    return Table("Open imaging requests", columns, tuple(rows), note=f"{_NOTE}{left}")


def _row(of: _Judged, now: datetime) -> tuple[Value, ...]:
    one = of.request
    instance = f"{one.instance_id} (ended)" if one.is_instance_ended else one.instance_id
    provider = f"{one.provider_id} {one.location}"
    if one.target_id != one.provider_id:
        provider += f", to {one.target_id}"
    start = (one.key, of.state, one.status, one.submitted, age(now - one.submitted))
    return (*start, one.username, one.application, instance, provider, of.place, _says(of))


def _says(of: _Judged) -> str:
    """Return what its message means: the text decides, not the state in front of it."""
    if of.state == "errored":
        entry = classify(of.request.message)
        return entry.meaning if entry else "an error that no rule knows"
    if of.state == "waiting":
        return f"approved, it would resume {imaging_requests.describe_resume(of.request.message)}"
    return ""


def _queues(answers: Answers) -> Table:
    queues: Mapping[str, QueueState] = answers.get("celery", {})
    rows = tuple((name, queues[name].finding) for name in ASKED if name in queues)
    return Table("Queues", ("queue", "what is known"), rows)


def _steps(judged: Sequence[_Judged], counts: Counter[State]) -> Iterator[Step]:
    first = {state: next((one.request for one in judged if one.state == state), None) for state in _ORDER}
    stalled = [one.request.key for one in judged if one.state == "stalled"]
    if errored := first["errored"]:
        text = "Find out what to do about one that failed."
        yield Step(text, *to_inspect("triage_imaging_request", request_id=errored.key))
    if stalled:
        yield Step(
            "Set a stalled one back to pending, after the worker's log was read.",
            *to_plan("resubmit_imaging_request", request_id=stalled[0]),
        )
    if counts["in-flight"]:
        yield Step("Approve the next one when none is in flight any more.", page=page("approve_imaging_request"))
    elif waiting := min((one.request for one in judged if one.state == "waiting"), key=_submitted, default=None):
        named = {"despite_in_flight": ",".join(map(str, stalled))} if stalled else {}
        yield Step(
            "Approve the one that has waited longest" + ("; those named are stalled." if stalled else "."),
            *to_plan("approve_imaging_request", request_id=waiting.key, **named),
        )


def _submitted(of: Request) -> datetime:
    return of.submitted
