"""Build the data of one instance as each source returns it, for the tests of the diagnosis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
from runbook_lib.systems.db.queries.instance_history import InstanceRecord, StatusRow
from runbook_lib.systems.openstack.server import Server, ServerFault

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
INSTANCE_ID = "118aff3c-434b-5acf-bea2-1b7fc3e2dc24"


def ago(minutes: int) -> datetime:
    """Return the timestamp so many minutes before `NOW`."""
    return NOW - timedelta(minutes=minutes)


def row(status: str, minutes: int, *, activity: str = "", error_text: str = "") -> StatusRow:
    """Return a row of the history that began so many minutes ago."""
    return StatusRow(status, activity, ago(minutes), None, "m1.small", "2", error_text)


def record(*history: StatusRow, ended: datetime | None = None, **changes: Any) -> InstanceRecord:
    """Return the instance as in the database, with this history."""
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
    return InstanceRecord(**values | changes)


def server(status: str, *, within: str = "", fault: str = "", minutes: int = 5, **changes: Any) -> Server:
    """Return the server as in Nova, last changed so many minutes ago."""
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
    return Server(**values | changes)


def evidence(
    in_database: InstanceRecord | None = None,
    in_nova: Server | None = None,
    *,
    nova_responded: bool = True,
    **fields: Any,
) -> InstanceEvidence:
    """Return the evidence of the database and Nova; without a server, a Nova that responds has none."""
    return InstanceEvidence(
        instance_id=INSTANCE_ID,
        record=in_database,
        provider_id=4,
        server=in_nova,
        nova_responded=nova_responded,
        **fields,
    )
