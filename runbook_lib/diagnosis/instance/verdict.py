"""Judge an instance: its state, the causes that each source reports, and the actions that were attempted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import limits
from runbook_lib.diagnosis.instance.evidence import minutes_between
from runbook_lib.diagnosis.instance.timeline import is_trouble
from runbook_lib.messages import classify
from runbook_lib.messages.topics import INSTANCE
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.messages import Entry

GONE, NO_STATUS, ENDED = "gone", "no status", "ended"
_ON_THE_WAY = ("build", "networking", "deploying", "redeploy", "reboot", "hard_reboot")
_OPEN = (*_ON_THE_WAY, *limits.FAILED)
_STAGES = {
    "networking": "networking",
    "deploying": "deploying",
    "running_boot_script": "deploying",
    "deploy_error": "deploy_error",
    "boot_script_error": "deploy_error",
    "redeploying": "redeploy",
    "initializing": "build",
}
_FAILURES = ("cause", "symptom")


@dataclass(frozen=True)
class Verdict:
    """The state of an instance and its causes.

    Attributes:
        state: The status that decides the next steps; `GONE`, `NO_STATUS` or `ENDED` if there is no such status.
        activity: The task within the state; can be empty.
        since: The start of the state, as far as it was recorded; None if unknown.
        minutes: The age of the state.
        exceeded_limit: The exceeded limit, as a phrase; empty if none.
        nova_report: The state in Nova, as a sentence without a period; empty if Nova did not respond.
        nova_differs: Whether Nova reports another state than the database.
        causes: Pairs of a source and its diagnosis of the cause, the most important first.
        meaning: The diagnosis of the state itself; None if no rule matches it.
        attempted: The actions since the first failure: ``redeploy``, ``reboot``, ``hard_reboot``.
    """

    state: str
    activity: str = ""
    since: datetime | None = None
    minutes: int = 0
    exceeded_limit: str = ""
    nova_report: str = ""
    nova_differs: bool = False
    causes: tuple[tuple[str, Entry], ...] = ()
    meaning: Entry | None = None
    attempted: frozenset[str] = frozenset()


def judge(evidence: InstanceEvidence, *, now: datetime) -> Verdict:
    """Return the verdict on an instance. Nova's state has priority, because the database can be out of date."""
    row = evidence.record.current if evidence.record else None
    in_database = row.status.lower() if row else NO_STATUS
    in_nova, activity = _nova_state(evidence)
    state = _state(evidence, in_database, in_nova)
    differs = bool(in_nova) and in_nova != in_database and state == in_nova and row is not None
    since = row.start if row and not differs else None
    if since is None and evidence.server:
        since = evidence.server.updated
    activity = (row.activity if row and not differs else activity) or ""
    minutes = minutes_between(since, now) if since else 0
    return Verdict(
        state=state,
        activity=activity,
        since=since,
        minutes=minutes,
        exceeded_limit=_exceeded_limit(state, activity, minutes),
        nova_report=_nova_report(evidence),
        nova_differs=differs,
        causes=tuple(_causes(evidence, state, activity)),
        meaning=_meaning(state, activity),
        attempted=_attempted(evidence),
    )


def _meaning(state: str, activity: str) -> Entry | None:
    """Return what a state means; within a steady state the activity decides, if a rule knows it."""
    return classify(f"{state} - {activity}" if activity and state in limits.STEADY else state, INSTANCE)


def _state(evidence: InstanceEvidence, in_database: str, in_nova: str) -> str:
    record = evidence.record
    if record and record.ended:
        return ENDED
    if evidence.nova_responded and evidence.server is None:
        return GONE if in_database not in {"deleted", "unknown"} else in_database
    if in_nova and (in_database in (*_OPEN, NO_STATUS, "active", "unknown") or in_nova == "error"):
        return in_nova
    return in_database


def _nova_state(evidence: InstanceEvidence) -> tuple[str, str]:
    """Return the status in the database's terms, and the task within."""
    if evidence.server is None:
        return "", ""
    status, task = evidence.server.status.lower(), evidence.server.activity
    return (_STAGES.get(task, status) if status == "active" else status), task


def _nova_report(evidence: InstanceEvidence) -> str:
    if evidence.server is None:
        return "Nova has no such server" if evidence.nova_responded else ""
    fault = evidence.fault
    return f"Nova reports {evidence.server.stage}" + (f", with the fault {fault!r}" if fault else "")


def _exceeded_limit(state: str, activity: str, minutes: int) -> str:
    task = limits.task_limit(state, activity)
    if task is not None and task.minutes is not None and minutes > task.minutes:
        return f"past the limit for {activity}, {task.minutes} minutes"
    if state not in limits.LIMITS:
        return ""
    limit = limits.LIMITS[state].minutes
    if limit is not None and minutes > limit:
        return f"past the limit of Atmosphere's code, {limit} minutes"
    return f"past the guide's {limits.GUIDE_MINUTES} minutes" if minutes > limits.GUIDE_MINUTES else ""


def _causes(evidence: InstanceEvidence, state: str, activity: str) -> Iterator[tuple[str, Entry]]:
    """Yield each recognized cause once. An instance that works has no causes; its old failures do not count."""
    if state not in _OPEN and not activity.endswith("_error"):
        return
    yielded = set()
    for source, text in texts(evidence):
        entry = classify(text, INSTANCE)
        if entry and entry.kind in _FAILURES and entry.id not in yielded:
            yielded.add(entry.id)
            yield source, entry


def texts(evidence: InstanceEvidence) -> Iterator[tuple[str, str]]:
    """Yield pairs of a source and the literal text of its failure, the most important first; secrets are masked."""
    if evidence.server and evidence.server.fault:
        fault = evidence.server.fault
        yield "nova", mask(f"{fault.message}\n{fault.details or ''}".strip())
    row = evidence.record.current if evidence.record else None
    if row and row.error_text:
        yield "database", row.error_text
    elif evidence.server and (trace := evidence.server.metadata.get("fault_trace")):
        yield "nova", mask(f"{evidence.server.metadata.get('fault_message', '')}\n{trace}".strip())
    for task in reversed(evidence.tasks or ()):
        if task.is_trouble and (task.exception or task.traceback):
            yield "celery", f"{task.exception}\n{task.traceback}".strip()
    for workflow in reversed(evidence.workflows or ()):
        if workflow.phase in ("Failed", "Error"):
            yield "argo", f"{workflow.name} {workflow.phase}\n{mask(workflow.message)}".strip()
    for record in reversed(evidence.log_matches.records if evidence.log_matches else ()):
        if is_trouble(record):
            yield "logs", record.text


def _attempted(evidence: InstanceEvidence) -> frozenset[str]:
    """Return the actions since the last row with active or error.

    Without a deploy_error in the history, only reboots count: a redeployment counts only after a failure.
    """
    rows = evidence.record.history if evidence.record else ()
    attempted: set[str] = set()
    for row in reversed(rows):
        if row.status in {"active", "error"}:
            break
        attempted |= {row.status} & {"redeploy", "reboot", "hard_reboot"}
    if not any(row.status == "deploy_error" for row in rows):
        return frozenset(attempted & {"reboot", "hard_reboot"})
    return frozenset(attempted)
