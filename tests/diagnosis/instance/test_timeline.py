"""The timeline of an instance: what each source contributes."""

from __future__ import annotations

import pytest

from runbook_lib.diagnosis.instance.timeline import MOST_LINES, MOST_ROWS, events, is_trouble
from runbook_lib.model.inspection import Event
from runbook_lib.systems.celery.tasks import SeenTask
from runbook_lib.systems.logs import LogMatches
from runbook_lib.systems.logs.records import LogRecord
from runbook_lib.systems.openstack.server import Action
from tests.diagnosis.instance.instances import ago, evidence, known, row, server


def record(text: str, *, level: str = "", minutes: int = 5) -> LogRecord:
    """Return an entry of a log."""
    return LogRecord("atmosphere.log", 1, "atmosphere", ago(minutes), None, level, "", "", text)


def test_a_row_lasts_until_the_next_one_begins() -> None:
    """The last one lasts still; a failure is marked."""
    found = events(evidence(known(row("networking", 30, activity="ssh"), row("deploy_error", 10))))

    assert (
        Event(ago(30), "database", "networking (ssh)", until=ago(10)),
        Event(ago(10), "database", "deploy_error", lasts=True, trouble=True),
    ) == found


def test_an_instance_that_ended_ends_its_last_row() -> None:
    """And a row that began after it does not end before it began."""
    found = events(evidence(known(row("active", 30), row("deleted", 5), ended=ago(10))))

    assert [("active", ago(5)), ("ended", None), ("deleted", ago(5))] == [(one.text, one.until) for one in found]


def test_only_the_latest_rows_are_shown() -> None:
    """A history can have thousands."""
    rows = [row("active", 1000 - number) for number in range(MOST_ROWS + 5)]

    assert MOST_ROWS == len(events(evidence(known(*rows))))


def test_nova_tells_its_actions_its_first_run_and_its_fault() -> None:
    """In the order in which they were."""
    action = Action("create", ago(600), "Error", "req-1", "joetest")
    found = events(evidence(at=server("ERROR", fault="No valid host"), actions=(action,)))

    assert [("create: Error", True), ("ran for the first time", False), ("No valid host", True)] == [
        (one.text, one.trouble) for one in found
    ]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (
            SeenTask("1", "deploy", "STARTED", received=ago(9)),
            [Event(ago(9), "celery", "deploy STARTED", lasts=True)],
        ),
        (
            SeenTask("1", "deploy", "FAILURE", retries=2, received=ago(9), failed=ago(3)),
            [Event(ago(9), "celery", "deploy FAILURE, try 3", until=ago(3), trouble=True)],
        ),
        (
            SeenTask("1", "deploy", "RETRY", started=ago(9), retried=ago(4)),
            [Event(ago(9), "celery", "deploy RETRY", until=ago(4), trouble=True)],
        ),
        (SeenTask("1", "deploy", "PENDING"), []),
    ],
)
def test_a_task_lasts_until_it_ended_or_is_tried_again(task: SeenTask, expected: list[Event]) -> None:
    """One that Flower knows no time of is left out."""
    assert expected == list(events(evidence(tasks=(task,))))


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (record("all is well", level="INFO"), False),
        (record("it failed", level="ERROR"), True),
        (record("Traceback (most recent call last):\n  x"), True),
        (record("fatal: [192.0.2.10]: FAILED!"), True),
        (record("the playbook ended with result 2\n"), True),
        (record("the playbook ended with result 0"), False),
    ],
)
def test_an_entry_of_a_log_is_about_a_failure(entry: LogRecord, expected: object) -> None:
    """By its level, or by a sign in its text."""
    assert expected == is_trouble(entry)


def test_the_latest_failures_of_the_logs_are_shown_by_their_last_line() -> None:
    """The last line of a traceback says what went wrong; secrets in it are masked."""
    entries = [record(f"failed {number}", level="ERROR", minutes=100 - number) for number in range(MOST_LINES + 2)]
    entries.append(record("Traceback (most recent call last):\n  x\nError: password=hunter2-and-more\n"))

    found = events(evidence(lines=LogMatches("UTC", records=entries)))

    assert MOST_LINES == len(found)
    assert found[-1].text.startswith("Error: password=")
    assert "hunter2" not in found[-1].text
