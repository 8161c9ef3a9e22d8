"""Eight operators at once, and a foreign writer: exactly one applies, and all others get an error."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.cli import main
from runbook_lib.errors import Refused
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE, version_id
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.journal.saved_plans import SavedPlans
from runbook_lib.systems.db.access import connection, locks
from tests import sessions
from tests.checks import apply, everything, plan, stored_rows
from tests.engine import killed_process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.model import Database
    from runbook_lib.world.world import World
    from tests.conftest import Bench
    from tests.services.fork_server import ForkServer

pytestmark = pytest.mark.both_databases

MOVE = (
    "move_image_version",
    *("-p", "provider_id=4", "-p", f"image_id={GUIDE_IMAGE}", "-p", "application_id=1144", "-p", "version_name=1.2"),
)
GRANT = ("grant_staff", "-p", "username=joetest")
PUBLICIZE = ("publicize_image", "-p", "application_id=1201")
OPERATORS = 8
RECORDS: dict[Database, str] = {"atmosphere": "maintenance_record", "troposphere": "api_maintenancerecord"}


def _combined_output(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def _run_eight_at_once(bench: Bench, arguments: Sequence[str], forks: ForkServer) -> list[tuple[int, dict[str, Any]]]:
    """Start the same command eight times, and return exit codes and outputs."""
    command = ("apply", *arguments, "--reason", "all at once", "--yes", "--json")
    running = [sessions.start(*command, home=str(bench.home), forks=forks) for _ in range(OPERATORS)]
    answers = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        answers.append((process.returncode, json.loads(out)))
    return answers


@pytest.mark.parametrize("arguments", [MOVE, GRANT], ids=["one database", "two databases"])
def test_one_of_eight_processes_applies_the_same_plan(
    bench: Bench, arguments: Sequence[str], forks: ForkServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others find the rows changed, change nothing and exit with 4; the journal's chain is intact."""
    assert 0 == main.main(["plan", *arguments, "--json"])
    planned = _combined_output(capsys)

    answers = _run_eight_at_once(bench, ("--plan", planned["plan_id"]), forks)

    assert [0, *[4] * (OPERATORS - 1)] == sorted(code for code, _ in answers), answers
    [done] = [answer for code, answer in answers if code == 0]
    assert ("applied", True) == (done["state"], done["verified"])
    for _, answer in (entry for entry in answers if entry[0] == 4):
        assert ("stale-plan", False) == (answer["error"], answer["changed"])
    _check_journal(bench, applied=done["run_id"], others="not-applied")
    _check_rows(bench, planned["changes"])


def test_one_of_eight_processes_with_their_own_plans_changes_rows(bench: Bench, forks: ForkServer) -> None:
    """A process that plans later finds nothing to do; one that planned earlier is stale."""
    answers = _run_eight_at_once(bench, PUBLICIZE, forks)

    assert {code for code, _ in answers} <= {0, 4}, answers
    [done] = [answer for code, answer in answers if code == 0 and answer["state"] == "applied"]
    assert all(answer["state"] in {"applied", "nothing-to-do"} for code, answer in answers if code == 0)
    assert 4 == len(done["receipt"])
    [(private,)] = sessions.rows(bench, "atmosphere", "SELECT private FROM application WHERE id = 1201")
    assert not private
    assert () == bench.journal.check().problems


def test_one_of_eight_processes_inserts_a_row_that_no_constraint_keeps_single(bench: Bench, forks: ForkServer) -> None:
    """The same maintenance, started eight times at once: one record per site."""
    start = ("start_maintenance", "title=Eight at once", "beside_active=true")

    answers = _run_eight_at_once(bench, start, forks)

    assert {code for code, _ in answers} <= {0, 3, 4, 7}, answers
    assert 1 == sum(body.get("state") == "applied" for _, body in answers)
    for database, table in RECORDS.items():
        query = f"SELECT COUNT(*) FROM {table} WHERE title = 'Eight at once'"
        assert [(1,)] == sessions.rows(bench, database, query)


def test_one_of_eight_exclusive_rows_is_inserted(bench: Bench, forks: ForkServer) -> None:
    """Eight different maintenances, each of which refuses to start beside another one: one is active afterwards."""
    for database, table in RECORDS.items():
        sessions.execute(bench, database, f"DELETE FROM {table}")
    command = ("apply", "start_maintenance", "--reason", "all at once", "--yes", "--json")
    running = [
        sessions.start(*command, f"title=Maintenance {number}", home=str(bench.home), forks=forks)
        for number in range(OPERATORS)
    ]
    codes = []
    for process in running:
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        codes.append((process.returncode, json.loads(out)))

    assert [0] == [code for code, _ in codes if code not in {3, 4, 7}], codes
    for database, table in RECORDS.items():
        assert [(1,)] == sessions.rows(bench, database, f"SELECT COUNT(*) FROM {table}")


def test_run_waits_for_one_that_has_written_and_not_committed(
    world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that no constraint keeps single: the second run can't see the first one's, and must not add its own."""
    values = {"title": "Twice", "beside_active": True}
    planned = plan(world, "start_maintenance", **values)
    SavedPlans(bench.home).save(planned)
    process = killed_process.start(bench.home, planned.plan_id, at=2, by=signal.SIGSTOP)
    killed_process.wait_until_stopped(process)
    monkeypatch.setattr(locks, "WAIT_SECONDS", 1)

    with pytest.raises(Refused, match="another run is changing") as caught:
        apply(world, bench, planned)

    assert caught.value.changed is False
    os.kill(process.pid or 0, signal.SIGCONT)
    process.join(60)
    assert 0 == process.exitcode
    process.close()
    for database, table in RECORDS.items():
        assert [(1,)] == sessions.rows(bench, database, f"SELECT COUNT(*) FROM {table} WHERE title = 'Twice'")


def _check_journal(bench: Bench, *, applied: str, others: str) -> None:
    runs = bench.journal.runs()
    assert OPERATORS == len(runs)
    assert {applied: "applied"} == {run.run_id: run.state for run in runs if run.state == "applied"}
    assert {"applied", others} == {run.state for run in runs}
    assert () == bench.journal.check().problems


def _check_rows(bench: Bench, changes: Sequence[dict[str, Any]]) -> None:
    """Check each planned column in the dump."""
    connection.connect(bench.databases, application_name="test")
    try:
        for change in changes:
            stored = stored_rows(change["database"], change["table"])
            [row] = [row for row in stored if change["pk"].items() <= row.items()]
            assert change["after"] == row[change["column"]]
    finally:
        connection.close()


@dataclass(frozen=True)
class ForeignWrite:
    """A foreign write after the plan, and what the error reports: row, column, planned and present value."""

    arguments: Sequence[str]
    database: Database
    statement: str
    expected: tuple[str, str, str, str]


@pytest.mark.parametrize(
    "case",
    [
        ForeignWrite(
            GRANT,
            "atmosphere",
            "UPDATE atmosphere_user SET is_superuser = TRUE WHERE username = 'joetest'",
            (f"atmosphere_user:{user_id('joetest')}", "is_superuser", "False", "True"),
        ),
        ForeignWrite(
            GRANT,
            "troposphere",
            "UPDATE api_userpreferences SET modified_date = '2026-01-15 08:00:00' WHERE id = 27000",
            (
                "api_userpreferences:27000",
                "modified_date",
                "'2026-01-14T12:00:00+00:00'",
                "'2026-01-15T08:00:00+00:00'",
            ),
        ),
        ForeignWrite(
            MOVE,
            "atmosphere",
            "UPDATE application_version SET name = '1.0-rc' WHERE application_id = 1201",
            (f"application_version:{version_id(1201, '1.0')}", "name", "'1.0'", "'1.0-rc'"),
        ),
        ForeignWrite(
            MOVE,
            "atmosphere",
            "UPDATE application SET end_date = '2026-01-15 08:00:00' WHERE id = 1144",
            ("application:1144", "end_date", "None", "'2026-01-15T08:00:00+00:00'"),
        ),
        ForeignWrite(
            PUBLICIZE,
            "atmosphere",
            "UPDATE application SET private = FALSE WHERE id = 1201",
            ("application:1201", "private", "True", "False"),
        ),
    ],
)
def test_foreign_write_is_reported_with_both_values(
    bench: Bench, capsys: pytest.CaptureFixture[str], case: ForeignWrite
) -> None:
    """Exit code 4: row, column, planned value, present value; and the other writer's value stays."""
    assert 0 == main.main(["plan", *case.arguments, "--json"])
    plan_id = _combined_output(capsys)["plan_id"]
    sessions.execute(bench, case.database, case.statement)
    connection.connect(bench.databases, application_name="test")
    before = everything(bench)

    assert 4 == main.main(["apply", "--plan", plan_id, "--reason", "test", "--yes"])

    row, column, planned, now = case.expected
    sentence = f"{case.database} {row}: {column} was {planned} when the plan was made and is {now} now"
    assert sentence in capsys.readouterr().err
    connection.connect(bench.databases, application_name="test")
    assert before == everything(bench)
    connection.close()
