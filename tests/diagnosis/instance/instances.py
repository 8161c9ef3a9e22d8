"""An instance that every source knows, for the tests of what is made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
from runbook_lib.systems.db.queries.instance_history import InstanceRecord, StatusRow
from runbook_lib.systems.openstack.server import Server, ServerFault

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
INSTANCE_ID = "118aff3c-434b-5acf-bea2-1b7fc3e2dc24"


def ago(minutes: int) -> datetime:
    """Return a time before now."""
    return NOW - timedelta(minutes=minutes)


def row(status: str, minutes: int, *, activity: str = "", fault: str = "") -> StatusRow:
    """Return a row of history that began so many minutes ago."""
    return StatusRow(status, activity, ago(minutes), None, "m1.small", "2", fault)


def known(*history: StatusRow, ended: datetime | None = None, **changed: Any) -> InstanceRecord:
    """Return the instance of the database, with this history."""
    values: dict[str, Any] = {
        "instance_id": INSTANCE_ID,
        "name": "my instance",
        "username": "joetest",
        "ip_address": "192.0.2.10",
        "provider_id": 4,
        "location": "Example Cloud",
        "image": "Genome Workbench 1.0 (application 1144)",
        "image_id": "2b2c55cf",
        "started": ago(600),
        "ended": ended,
        "history": history,
    }
    return InstanceRecord(**values | changed)


def server(status: str, *, within: str = "", fault: str = "", minutes: int = 5, **changed: Any) -> Server:
    """Return the server of Nova, last changed so many minutes ago."""
    values: dict[str, Any] = {
        "id": INSTANCE_ID,
        "name": "my instance",
        "status": status,
        "task_state": "",
        "vm_state": status.lower(),
        "power_state": "running",
        "created": ago(600),
        "updated": ago(minutes),
        "launched_at": ago(590),
        "project_id": "joetest",
        "user_id": "joetest",
        "flavor_id": "2",
        "image_id": "2b2c55cf",
        "metadata": {"tmp_status": within} if within else {},
        "fault": ServerFault(500, fault, ago(minutes)) if fault else None,
    }
    return Server(**values | changed)


def evidence(
    of: InstanceRecord | None = None, at: Server | None = None, *, nova_told: bool = True, **others: Any
) -> InstanceEvidence:
    """Return what the database and Nova say; without a server, a Nova that responds has none."""
    return InstanceEvidence(instance_id=INSTANCE_ID, known=of, provider_id=4, server=at, nova_told=nova_told, **others)
