"""The tables and texts about one instance, for inspections; plain values, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance.timeline import is_trouble
from runbook_lib.model.inspection import Excerpt, Table
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.model.inspection import Part, Value

_ROWS, _ENTRIES, _LONG = 8, 6, 4000


def parts(evidence: InstanceEvidence) -> Iterator[Part]:
    """Yield what each source told, the most telling first."""
    yield Table("The instance", ("what", "value"), tuple(_facts(evidence)))
    if evidence.server and evidence.server.fault:
        of = evidence.server.fault
        yield Excerpt("Nova's fault", _bounded(f"{of.code}: {of.message}\n{of.details or _NO_DETAILS}"))
    row = evidence.known.current if evidence.known else None
    if row and row.error_text:
        yield Excerpt(f"What Atmosphere kept of {row.status}", _bounded(row.error_text))
    yield from _history(evidence)
    yield from _tasks(evidence)
    yield from _workflows(evidence)
    yield from _lines(evidence)
    if evidence.machines is not None:
        yield _room(evidence)


_NO_DETAILS = "(no details: Nova shows them to administrators alone)"


def _facts(evidence: InstanceEvidence) -> Iterator[tuple[Value, ...]]:
    known, server = evidence.known, evidence.server
    yield "instance_id", evidence.instance_id
    if known:
        yield from (("name", known.name), ("owner", known.username), ("provider", known.provider))
    elif server:
        yield from (("name", server.name), ("provider", str(evidence.provider_id)))
    yield "address", evidence.address or "none"
    yield "image", evidence.image or "unknown"
    if known and known.current:
        yield "size", f"{known.current.size} ({known.current.size_alias})"
    if server:
        yield "Nova", f"{server.stage}, power {server.power_state}, changed {server.updated:%Y-%m-%d %H:%M:%S} UTC"
        if server.host is not None:
            yield "hypervisor", server.host or "none"


def _history(evidence: InstanceEvidence) -> Iterator[Table]:
    known = evidence.known
    if known is None:
        return
    rows = tuple((row.start, row.end, row.status, row.activity, row.size) for row in known.history[-_ROWS:])
    more = len(known.history) - len(rows)
    note = f"{'more than ' if known.is_cut else ''}{more} earlier rows are left out" if more else ""
    yield Table("History in the database", ("since", "closed", "status", "activity", "size"), rows, note=note)


def _tasks(evidence: InstanceEvidence) -> Iterator[Part]:
    if evidence.tasks is None:
        return
    rows = tuple(
        (task.seen, task.state, task.name, task.worker or "unknown", task.retries + 1, task.exception, task.id)
        for task in reversed(evidence.tasks[-_ROWS:])
    )
    yield Table("Celery's tasks", ("last heard of", "state", "task", "worker", "try", "exception", "id"), rows)
    last = next((task for task in reversed(evidence.tasks) if task.is_trouble and task.traceback), None)
    if last:
        yield Excerpt(f"Traceback of {last.name} {last.id}", _bounded(last.traceback))


def _workflows(evidence: InstanceEvidence) -> Iterator[Table]:
    if evidence.workflows is None:
        return
    rows = tuple(
        (
            workflow.created,
            workflow.name,
            workflow.state,
            ", ".join(workflow.failed_steps),
            workflow.finished,
            mask(workflow.message),
        )
        for workflow in reversed(evidence.workflows[-_ROWS:])
    )
    columns = ("submitted", "workflow", "phase", "failed step", "ended", "message")
    yield Table("Argo's workflows", columns, rows)


def _lines(evidence: InstanceEvidence) -> Iterator[Excerpt]:
    if evidence.lines is None:
        return
    troubles = [record for record in evidence.lines.records if is_trouble(record)][-_ENTRIES:]
    chosen = troubles or evidence.lines.records[-_ENTRIES:]
    what = "The last failures in the logs" if troubles else "The last entries in the logs"
    shown = [
        f"{record.moment:%Y-%m-%d %H:%M:%S}Z {record.file}:{record.line}\n{_bounded(record.text, _LONG // 4)}"
        if record.moment
        else f"{record.file}:{record.line}\n{_bounded(record.text, _LONG // 4)}"
        for record in chosen
    ]
    yield Excerpt(f"{what}, in UTC", "\n".join(shown))


def _room(evidence: InstanceEvidence) -> Table:
    rows = tuple(
        (
            machine.name,
            machine.is_up and machine.is_enabled,
            machine.vcpus_used,
            machine.vcpus,
            machine.ram_mb - machine.ram_mb_used,
        )
        for machine in evidence.machines or ()
    )
    columns = ("hypervisor", "in use", "CPUs given", "CPUs", "free memory, MB")
    return Table("Room in the cloud", columns, rows, note="an instance needs its memory on one hypervisor")


def _bounded(text: str, most: int = _LONG) -> str:
    words = mask(text).strip()
    return words if len(words) <= most else f"{words[:most]}… ({len(words) - most} more characters)"
