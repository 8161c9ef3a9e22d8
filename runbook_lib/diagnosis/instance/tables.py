"""Build the tables and texts about one instance for inspections; plain values, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance.timeline import is_trouble
from runbook_lib.model.inspection import Excerpt, Table
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.model.inspection import Part, Value

_MAX_ROWS, _MAX_ENTRIES, _MAX_CHARACTERS = 8, 6, 4000


def parts(evidence: InstanceEvidence) -> Iterator[Part]:
    """Yield the parts of each source, the most important first."""
    yield Table("Instance", ("field", "value"), tuple(_fields(evidence)))
    if evidence.server and evidence.server.fault:
        fault = evidence.server.fault
        yield Excerpt("Nova's fault", _bounded(f"{fault.code}: {fault.message}\n{fault.details or _NO_DETAILS}"))
    row = evidence.record.current if evidence.record else None
    if row and row.error_text:
        yield Excerpt(f"Atmosphere's record of {row.status}", _bounded(row.error_text))
    yield from _history(evidence)
    yield from _tasks(evidence)
    yield from _workflows(evidence)
    yield from _log_entries(evidence)
    if evidence.hypervisors is not None:
        yield _capacity(evidence)


_NO_DETAILS = "(no details: Nova shows them only to administrators)"


def _fields(evidence: InstanceEvidence) -> Iterator[tuple[Value, ...]]:
    record, server = evidence.record, evidence.server
    yield "instance_id", evidence.instance_id
    if record:
        yield from (("name", record.name), ("owner", record.username), ("provider", record.provider))
    elif server:
        yield from (("name", server.name), ("provider", str(evidence.provider_id)))
    yield "address", evidence.address or "none"
    yield "image", evidence.image or "unknown"
    if record and record.current:
        yield "size", f"{record.current.size} ({record.current.size_alias})"
    if server:
        yield "Nova", f"{server.stage}, power {server.power_state}, changed {server.updated:%Y-%m-%d %H:%M:%S} UTC"
        if server.host is not None:
            yield "hypervisor", server.host or "none"


def _history(evidence: InstanceEvidence) -> Iterator[Table]:
    record = evidence.record
    if record is None:
        return
    rows = tuple((row.start, row.end, row.status, row.activity, row.size) for row in record.history[-_MAX_ROWS:])
    omitted = len(record.history) - len(rows)
    note = f"{'more than ' if record.is_cut else ''}{omitted} earlier rows are left out" if omitted else ""
    yield Table("History in the database", ("since", "closed", "status", "activity", "size"), rows, note=note)


def _tasks(evidence: InstanceEvidence) -> Iterator[Part]:
    if evidence.tasks is None:
        return
    rows = tuple(
        (task.last_event, task.state, task.name, task.worker or "unknown", task.retries + 1, task.exception, task.id)
        for task in reversed(evidence.tasks[-_MAX_ROWS:])
    )
    yield Table("Celery tasks", ("last event", "state", "task", "worker", "attempt", "exception", "id"), rows)
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
        for workflow in reversed(evidence.workflows[-_MAX_ROWS:])
    )
    columns = ("submitted", "workflow", "phase", "failed step", "ended", "message")
    yield Table("Argo workflows", columns, rows)


def _log_entries(evidence: InstanceEvidence) -> Iterator[Excerpt]:
    if evidence.log_matches is None:
        return
    failures = [record for record in evidence.log_matches.records if is_trouble(record)][-_MAX_ENTRIES:]
    chosen = failures or evidence.log_matches.records[-_MAX_ENTRIES:]
    title = "Last failures in the logs" if failures else "Last entries in the logs"
    shown = [
        f"{record.time:%Y-%m-%d %H:%M:%S}Z {record.file}:{record.line}\n{_bounded(record.text, _MAX_CHARACTERS // 4)}"
        if record.time
        else f"{record.file}:{record.line}\n{_bounded(record.text, _MAX_CHARACTERS // 4)}"
        for record in chosen
    ]
    yield Excerpt(f"{title}, in UTC", "\n".join(shown))


def _capacity(evidence: InstanceEvidence) -> Table:
    rows = tuple(
        (
            hypervisor.name,
            hypervisor.is_up and hypervisor.is_enabled,
            hypervisor.vcpus_used,
            hypervisor.vcpus,
            hypervisor.ram_mb - hypervisor.ram_mb_used,
        )
        for hypervisor in evidence.hypervisors or ()
    )
    columns = ("hypervisor", "in use", "CPUs allocated", "CPUs", "free memory, MB")
    return Table(
        "Capacity of the cloud", columns, rows, note="one hypervisor must have the memory of the instance free"
    )


def _bounded(text: str, limit: int = _MAX_CHARACTERS) -> str:
    masked = mask(text).strip()
    return masked if len(masked) <= limit else f"{masked[:limit]}… ({len(masked) - limit} more characters)"
