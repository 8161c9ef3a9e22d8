"""The tables and texts about one instance."""

from __future__ import annotations

from runbook_lib.diagnosis.instance.tables import parts
from runbook_lib.model.inspection import Excerpt, Table
from runbook_lib.systems.celery.tasks import FlowerTask
from runbook_lib.systems.logs import LogMatches
from runbook_lib.systems.logs.records import LogRecord
from runbook_lib.systems.openstack.capacity import Hypervisor
from tests.diagnosis.instance.instances import ago, evidence, record, row, server

SECRET = "password=hunter2-and-more"


def titles(*parts: Table | Excerpt) -> list[str]:
    """Return the titles of the parts."""
    return [part.title for part in parts]


def test_source_without_data_has_no_table() -> None:
    """Only the table of the instance itself always exists."""
    assert ["Instance"] == titles(*parts(evidence()))


def test_every_source_has_its_part_in_order_of_importance() -> None:
    """Faults precede histories; the logs and the capacity of the cloud come last."""
    instance = evidence(
        record(row("error", 10, error_text="kept")),
        server("ERROR", fault="No valid host"),
        tasks=(FlowerTask("1", "deploy", "FAILURE", traceback="it broke"),),
        workflows=(),
        log_matches=LogMatches("UTC"),
        hypervisors=(),
    )

    assert [
        "Instance",
        "Nova's fault",
        "Atmosphere's record of error",
        "History in the database",
        "Celery tasks",
        "Traceback of deploy 1",
        "Argo workflows",
        "Last entries in the logs, in UTC",
        "Capacity of the cloud",
    ] == titles(*parts(instance))


def test_long_history_reports_number_of_omitted_rows() -> None:
    """The note says "more than" if the database has rows that were not read."""
    rows = [row("active", 100 - number) for number in range(10)]
    shown = {is_cut: list(parts(evidence(record(*rows, is_cut=is_cut))))[1] for is_cut in (False, True)}

    assert ["2 earlier rows are left out", "more than 2 earlier rows are left out"] == [
        table.note for table in shown.values() if isinstance(table, Table)
    ]
    assert [8, 8] == [len(table.rows) for table in shown.values() if isinstance(table, Table)]


def test_log_failures_have_priority_over_other_entries() -> None:
    """Other entries are shown only if there are no failures; secrets are masked and long texts shortened."""
    entries = [
        LogRecord("a.log", 1, "atmosphere", ago(5), None, "ERROR", "", "", f"{SECRET} {'x' * 2000}"),
        LogRecord("a.log", 9, "atmosphere", None, None, "INFO", "", "", "no problem"),
    ]
    (failed,) = [p for p in parts(evidence(log_matches=LogMatches("UTC", records=entries))) if isinstance(p, Excerpt)]
    (other,) = [
        p for p in parts(evidence(log_matches=LogMatches("UTC", records=entries[1:]))) if isinstance(p, Excerpt)
    ]

    assert failed.title.startswith("Last failures")
    assert failed.text.startswith("2026-01-15 11:55:00Z a.log:1")
    assert "more characters" in failed.text
    assert "hunter2" not in failed.text
    assert "a.log:9\nno problem" == other.text


def test_capacity_shows_hypervisors_that_are_not_in_use() -> None:
    """A hypervisor that is down or disabled is marked as not in use."""
    hypervisor = Hypervisor(
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
    (capacity,) = [p for p in parts(evidence(hypervisors=(hypervisor,))) if p.title == "Capacity of the cloud"]

    assert isinstance(capacity, Table)
    assert (("node-1", False, 3, 8, 600),) == capacity.rows
