"""The timeline of an instance: the events of each source."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.instance.timeline import MAX_LINES, MAX_ROWS, events, is_trouble
from runbook_lib.model.inspection import Event
from runbook_lib.systems.celery.tasks import FlowerTask
from runbook_lib.systems.logs import LogMatches
from runbook_lib.systems.logs.records import LogRecord
from runbook_lib.systems.openstack.server import Action
from tests.diagnosis.instance.instances import ago, evidence, record, row, server


def log_entry(text: str, *, level: str = "", minutes: int = 5) -> LogRecord:
    """Return a log entry."""
    return LogRecord("atmosphere.log", 1, "atmosphere", ago(minutes), None, level, "", "", text)


def test_row_lasts_until_the_next_row() -> None:
    """The last row has no end; a failure is marked."""
    timeline = events(evidence(record(row("networking", 30, activity="ssh"), row("deploy_error", 10))))

    assert (
        Event(ago(30), "database", "networking (ssh)", until=ago(10)),
        Event(ago(10), "database", "deploy_error", lasts=True, trouble=True),
    ) == timeline


def test_end_of_instance_ends_its_last_row() -> None:
    """A row that began after the end of the instance ends when it began."""
    timeline = events(evidence(record(row("active", 30), row("deleted", 5), ended=ago(10))))

    assert [("active", ago(5)), ("ended", None), ("deleted", ago(5))] == [
        (event.text, event.until) for event in timeline
    ]


def test_only_latest_rows_are_shown() -> None:
    """A history can have thousands of rows."""
    rows = [row("active", 1000 - number) for number in range(MAX_ROWS + 5)]

    assert MAX_ROWS == len(events(evidence(record(*rows))))


def test_nova_has_events_for_actions_first_start_and_fault() -> None:
    """The events are ordered by time."""
    action = Action("create", ago(600), "Error", "req-1", "joetest")
    timeline = events(evidence(in_nova=server("ERROR", fault="No valid host"), actions=(action,)))

    assert [("create: Error", True), ("first start", False), ("No valid host", True)] == [
        (event.text, event.trouble) for event in timeline
    ]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (
            FlowerTask("1", "deploy", "STARTED", received=ago(9)),
            [Event(ago(9), "celery", "deploy STARTED", lasts=True)],
        ),
        (
            FlowerTask("1", "deploy", "FAILURE", retries=2, received=ago(9), failed=ago(3)),
            [Event(ago(9), "celery", "deploy FAILURE, attempt 3", until=ago(3), trouble=True)],
        ),
        (
            FlowerTask("1", "deploy", "RETRY", started=ago(9), retried=ago(4)),
            [Event(ago(9), "celery", "deploy RETRY", until=ago(4), trouble=True)],
        ),
        (FlowerTask("1", "deploy", "PENDING"), []),
    ],
)
def test_task_lasts_until_its_end_or_retry(task: FlowerTask, expected: list[Event]) -> None:
    """A task without a timestamp in Flower has no event."""
    assert expected == list(events(evidence(tasks=(task,))))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (log_entry("no problem", level="INFO"), False),
        (log_entry("it failed", level="ERROR"), True),
        (log_entry("Traceback (most recent call last):\n  x"), True),
        (log_entry("fatal: [192.0.2.10]: FAILED!"), True),
        (log_entry("the playbook ended with result 2\n"), True),
        (log_entry("the playbook ended with result 0"), False),
    ],
)
def test_log_entry_is_recognized_as_failure(entry: LogRecord, expected: object) -> None:
    """The level or a sign in the text decides."""
    assert expected == is_trouble(entry)


def test_latest_log_failures_show_their_last_line() -> None:
    """The last line of a traceback is the exception; secrets in it are masked."""
    entries = [log_entry(f"failed {number}", level="ERROR", minutes=100 - number) for number in range(MAX_LINES + 2)]
    entries.append(log_entry("Traceback (most recent call last):\n  x\nError: password=hunter2-and-more\n"))

    timeline = events(evidence(log_matches=LogMatches("UTC", records=entries)))

    assert MAX_LINES == len(timeline)
    assert timeline[-1].text.startswith("Error: password=")
    assert "hunter2" not in timeline[-1].text
