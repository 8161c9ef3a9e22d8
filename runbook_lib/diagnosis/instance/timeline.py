"""Build the events of an instance's timeline from each source; plain values, no I/O."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from runbook_lib.model.inspection import Event
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.systems.argo.workflow import Workflow
    from runbook_lib.systems.celery.tasks import FlowerTask
    from runbook_lib.systems.logs import LogRecord

MAX_ROWS, MAX_LINES = 20, 8
_MAX_CHARACTERS = 90  # of a text
_FAILED = ("error", "deploy_error")
_FAILURE_LEVELS = ("ERROR", "CRITICAL", "FATAL")
_FAILURE_SIGNS = ("Traceback (most recent call last)", "fatal: [")
_PLAYBOOK_FAILED = (" result 2", " result 4")


def events(evidence: InstanceEvidence) -> tuple[Event, ...]:
    """Return the events of all sources, ordered by their start."""
    collected = [*_rows(evidence), *_nova(evidence)]
    collected += [event for task in evidence.tasks or () for event in _task(task)]
    collected += [event for workflow in evidence.workflows or () for event in _workflow(workflow)]
    collected += _lines(evidence)
    return tuple(sorted(collected, key=lambda event: event.time))


def is_trouble(record: LogRecord) -> bool:
    """Return whether a log entry reports a failure."""
    return (
        record.level in _FAILURE_LEVELS
        or any(sign in record.text for sign in _FAILURE_SIGNS)
        or record.text.rstrip().endswith(_PLAYBOOK_FAILED)
    )


def _rows(evidence: InstanceEvidence) -> Iterator[Event]:
    record = evidence.record
    if record is None:
        return
    rows = record.history[-MAX_ROWS:]
    for number, row in enumerate(rows, start=1):
        following = rows[number] if number < len(rows) else None
        end = record.ended if following is None else following.start
        end = max(end, row.start) if end else None
        text = f"{row.status} ({row.activity})" if row.activity else row.status
        failed = row.status in _FAILED or bool(row.error_text)
        yield Event(row.start, "database", text, until=end, lasts=following is None and end is None, trouble=failed)
    if record.ended:
        yield Event(record.ended, "database", "ended")


def _nova(evidence: InstanceEvidence) -> Iterator[Event]:
    for action in evidence.actions:
        failed = f": {action.message}" if action.message else ""
        yield Event(action.start, "nova", f"{action.action}{failed}", trouble=bool(action.message))
    server = evidence.server
    if server and server.launched_at:
        yield Event(server.launched_at, "nova", "first start")
    if server and server.fault:
        yield Event(server.fault.created, "nova", _short(server.fault.message), trouble=True)


def _task(task: FlowerTask) -> Iterator[Event]:
    if task.first_event is None:
        return
    ended = task.ended or task.retried
    text = f"{task.name} {task.state}" + (f", attempt {task.retries + 1}" if task.retries else "")
    is_open = not (ended or task.has_ended)
    yield Event(task.first_event, "celery", text, until=ended, lasts=is_open, trouble=task.is_trouble)


def _workflow(workflow: Workflow) -> Iterator[Event]:
    text = f"{workflow.name} {workflow.state}"
    failed = workflow.phase in ("Failed", "Error")
    created = workflow.created.astimezone(UTC)
    finished = workflow.finished.astimezone(UTC) if workflow.finished else None
    yield Event(created, "argo", text, until=finished, lasts=not workflow.is_finished, trouble=failed)
    for step in workflow.steps:
        if step.title in workflow.failed_steps and step.started:
            text = f"{step.playbook or step.name} failed" + (f": {step.message}" if step.message else "")
            yield Event(step.started, "argo", _short(text), until=step.finished, trouble=True)


def _lines(evidence: InstanceEvidence) -> Iterator[Event]:
    records = evidence.log_matches.records if evidence.log_matches else ()
    chosen = [record for record in records if record.time and is_trouble(record)]
    for record in chosen[-MAX_LINES:]:
        if record.time:
            line = next((line for line in reversed(record.text.split("\n")) if line.strip()), "")
            text = (
                line.rpartition("|")[2].partition(" ")[2]
                if record.text.count("|") > 1 and "\n" not in record.text
                else line
            )
            yield Event(record.time, "logs", _short(text), trouble=True)


def _short(text: str) -> str:
    line = " ".join(mask(text).split())
    return line if len(line) <= _MAX_CHARACTERS else f"{line[: _MAX_CHARACTERS - 1]}…"
