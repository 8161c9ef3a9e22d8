"""The tables and texts about one instance."""

from __future__ import annotations

from runbook_lib.diagnosis.instance.tables import parts
from runbook_lib.model.inspection import Excerpt, Table
from runbook_lib.systems.celery.tasks import SeenTask
from runbook_lib.systems.logs import LogMatches
from runbook_lib.systems.logs.records import LogRecord
from runbook_lib.systems.openstack.capacity import Hypervisor
from tests.diagnosis.instance.instances import ago, evidence, known, row, server

SECRET = "password=hunter2-and-more"


def titles(*found: Table | Excerpt) -> list[str]:
    """Return the titles."""
    return [part.title for part in found]


def test_what_no_source_says_has_no_table() -> None:
    """The instance alone is always there."""
    assert ["The instance"] == titles(*parts(evidence()))


def test_every_source_has_its_part_the_most_telling_first() -> None:
    """Faults before histories, the logs and the room in the cloud last."""
    found = evidence(
        known(row("error", 10, fault="kept")),
        server("ERROR", fault="No valid host"),
        tasks=(SeenTask("1", "deploy", "FAILURE", traceback="it broke"),),
        workflows=(),
        lines=LogMatches("UTC"),
        machines=(),
    )

    assert [
        "The instance",
        "Nova's fault",
        "What Atmosphere kept of error",
        "History in the database",
        "Celery's tasks",
        "Traceback of deploy 1",
        "Argo's workflows",
        "The last entries in the logs, in UTC",
        "Room in the cloud",
    ] == titles(*parts(found))


def test_a_long_history_says_how_many_rows_are_left_out() -> None:
    """And that there are more, where not all were read."""
    rows = [row("active", 100 - number) for number in range(10)]
    shown = {cut: list(parts(evidence(known(*rows, is_cut=cut))))[1] for cut in (False, True)}

    assert ["2 earlier rows are left out", "more than 2 earlier rows are left out"] == [
        table.note for table in shown.values() if isinstance(table, Table)
    ]
    assert [8, 8] == [len(table.rows) for table in shown.values() if isinstance(table, Table)]


def test_failures_of_the_logs_come_before_other_entries() -> None:
    """The last entries are shown only where nothing failed; secrets are masked, long texts bounded."""
    entries = [
        LogRecord("a.log", 1, "atmosphere", ago(5), None, "ERROR", "", "", f"{SECRET} {'x' * 2000}"),
        LogRecord("a.log", 9, "atmosphere", None, None, "INFO", "", "", "all is well"),
    ]
    (failed,) = [p for p in parts(evidence(lines=LogMatches("UTC", records=entries))) if isinstance(p, Excerpt)]
    (other,) = [p for p in parts(evidence(lines=LogMatches("UTC", records=entries[1:]))) if isinstance(p, Excerpt)]

    assert failed.title.startswith("The last failures")
    assert failed.text.startswith("2026-01-15 11:55:00Z a.log:1")
    assert "more characters" in failed.text
    assert "hunter2" not in failed.text
    assert "a.log:9\nall is well" == other.text


def test_the_room_in_the_cloud_is_that_of_machines_in_use() -> None:
    """A machine that is down, or switched off, is marked."""
    machine = Hypervisor(
        name="node-1",
        is_up=True,
        is_enabled=False,
        reason="repair",
        vcpus=8,
        vcpus_used=3,
        ram_mb=1000,
        ram_mb_used=400,
        disk_gb=10,
        disk_gb_used=1,
        servers=2,
    )
    (room,) = [p for p in parts(evidence(machines=(machine,))) if p.title == "Room in the cloud"]

    assert isinstance(room, Table)
    assert (("node-1", False, 3, 8, 600),) == room.rows
