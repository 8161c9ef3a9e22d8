"""What happened to an instance, by each source, as events for the timeline; plain values, no I/O."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Event
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.systems.argo.workflow import Workflow
    from runbook_lib.systems.celery.tasks import SeenTask
    from runbook_lib.systems.logs import LogRecord

MOST_ROWS, MOST_LINES = 20, 8
_WORDS = 90  # characters of a text
_FAILED = ("error", "deploy_error")
_TROUBLE = ("ERROR", "CRITICAL", "FATAL")
_SIGNS = ("Traceback (most recent call last)", "fatal: [")
_PLAYBOOK_FAILED = (" result 2", " result 4")


def events(evidence: InstanceEvidence) -> tuple[Event, ...]:
    """Return the events of all sources, in the order in which they began."""
    made = [*_rows(evidence), *_nova(evidence)]
    made += [event for task in evidence.tasks or () for event in _task(task)]
    made += [event for flow in evidence.workflows or () for event in _workflow(flow)]
    made += _lines(evidence)
    return tuple(sorted(made, key=lambda event: event.moment))


def is_trouble(record: LogRecord) -> bool:
    """Tell whether an entry of a log is about a failure."""
    return (
        record.level in _TROUBLE
        or any(sign in record.text for sign in _SIGNS)
        or record.text.rstrip().endswith(_PLAYBOOK_FAILED)
    )


def _rows(evidence: InstanceEvidence) -> Iterator[Event]:
    known = evidence.known
    if known is None:
        return
    rows = known.history[-MOST_ROWS:]
    for number, row in enumerate(rows, start=1):
        following = rows[number] if number < len(rows) else None
        end = known.ended if following is None else following.start
        end = max(end, row.start) if end else None
        text = f"{row.status} ({row.activity})" if row.activity else row.status
        failed = row.status in _FAILED or bool(row.error_text)
        yield Event(row.start, "database", text, until=end, lasts=following is None and end is None, trouble=failed)
    if known.ended:
        yield Event(known.ended, "database", "ended")


def _nova(evidence: InstanceEvidence) -> Iterator[Event]:
    for action in evidence.actions:
        failed = f": {action.message}" if action.message else ""
        yield Event(action.start, "nova", f"{action.action}{failed}", trouble=bool(action.message))
    server = evidence.server
    if server and server.launched_at:
        yield Event(server.launched_at, "nova", "ran for the first time")
    if server and server.fault:
        yield Event(server.fault.created, "nova", _short(server.fault.message), trouble=True)


def _task(task: SeenTask) -> Iterator[Event]:
    if task.began is None:
        return
    ended = task.ended or task.retried
    text = f"{task.name} {task.state}" + (f", try {task.retries + 1}" if task.retries else "")
    open_ = not (ended or task.has_ended)
    yield Event(task.began, "celery", text, until=ended, lasts=open_, trouble=task.is_trouble)


def _workflow(one: Workflow) -> Iterator[Event]:
    text = f"{one.name} {one.state}"
    failed = one.phase in ("Failed", "Error")
    created = one.created.astimezone(UTC)
    finished = one.finished.astimezone(UTC) if one.finished else None
    yield Event(created, "argo", text, until=finished, lasts=not one.is_finished, trouble=failed)
    for step in one.steps:
        if step.title in one.failed_steps and step.started:
            words = f"{step.playbook or step.name} failed" + (f": {step.message}" if step.message else "")
            yield Event(step.started, "argo", _short(words), until=step.finished, trouble=True)


def _lines(evidence: InstanceEvidence) -> Iterator[Event]:
    records = evidence.lines.records if evidence.lines else ()
    chosen = [record for record in records if record.moment and is_trouble(record)]
    for record in chosen[-MOST_LINES:]:
        if record.moment:
            line = next((line for line in reversed(record.text.split("\n")) if line.strip()), "")
            text = (
                line.rpartition("|")[2].partition(" ")[2]
                if record.text.count("|") > 1 and "\n" not in record.text
                else line
            )
            yield Event(record.moment, "logs", _short(text), trouble=True)


def _short(text: str) -> str:
    line = " ".join(mask(text).split())
    return line if len(line) <= _WORDS else f"{line[: _WORDS - 1]}…"
