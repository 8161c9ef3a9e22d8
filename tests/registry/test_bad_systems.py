"""Unreachable, drifted, read-only or locked databases: refused with the right exit code, nothing changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.cli import main
from runbook_lib.fixture import build
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.fixture.rows.users import user_id
from runbook_lib.model import DATABASES
from runbook_lib.systems.db.access import connection
from tests import sessions
from tests.checks import everything
from tests.services.postgres import PostgreSQL, bin_dirs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runbook_lib.model import Database
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

GRANT = ["plan", "grant_staff", "-p", "username=joetest"]
MOVE = [
    *("plan", "move_image_version", "-p", "provider_id=4", "-p", f"image_id={GUIDE_IMAGE}"),
    *("-p", "application_id=1144", "-p", "version_name=1.2"),
]


@pytest.fixture
def real(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Configure the bench's databases as those of a real site."""
    for database, url in bench.databases.items():
        monkeypatch.setenv(f"RUNBOOK_{database.upper()}_DB", url)
    return bench


def _dump(bench: Bench) -> dict[str, Any]:
    connection.connect(bench.databases, application_name="test")
    try:
        return everything(bench)
    finally:
        connection.close()


def _refusal(capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int) -> dict[str, Any]:
    """Run a command that must fail with this exit code; return its error after the checks for every error."""
    assert code == main.main([*arguments, "--json"])
    shown = capsys.readouterr()
    answer: dict[str, Any] = json.loads(shown.out)
    assert not answer["changed"]
    assert answer["next_step"]
    assert "Traceback" not in shown.err
    return answer


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://runbook:not-a-secret@127.0.0.1:1/atmo_prod",
        "postgresql://runbook@/atmo_prod?host=/nonexistent",
        "postgresql://runbook@host.invalid/atmo_prod",
        "sqlite:////nonexistent/atmosphere.sqlite3",
    ],
)
def test_unreachable_database_is_exit_7(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Wrong port, socket or host, or no such file: the error shows the address without its credentials."""
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", url)

    answer = _refusal(capsys, GRANT, 7)

    assert "not-connected" == answer["error"]
    assert "the atmosphere database cannot be reached at" in answer["what"]
    assert "not-a-secret" not in json.dumps(answer)
    assert "doctor" in answer["next_step"]


def test_stopped_server_is_exit_7_for_plan_apply_and_undo(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The saved plan is kept, and the journal has no run that changed anything."""
    with PostgreSQL(next(iter(bin_dirs().values()))) as server:
        urls: dict[Database, str] = {name: server.create_database(name) for name in DATABASES}
        build.build(urls)
        for database, url in urls.items():
            monkeypatch.setenv(f"RUNBOOK_{database.upper()}_DB", url)
        assert 0 == main.main([*GRANT, "--json"])
        plan_id = json.loads(capsys.readouterr().out)["plan_id"]
        connection.close()
        server.stop()

        _refusal(capsys, GRANT, 7)
        _refusal(capsys, ["apply", "--plan", plan_id, "--reason", "test", "--yes"], 7)

    assert (tmp_path / "home" / "plans" / f"{plan_id}.json").exists()
    assert 0 == main.main(["history", "--json"])
    assert ["not-applied"] == [run["state"] for run in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    ("statement", "missing", "arguments"),
    [
        ("ALTER TABLE atmosphere_user DROP COLUMN is_staff", "atmosphere_user.is_staff", GRANT),
        ("ALTER TABLE atmosphere_user RENAME COLUMN end_date TO ended", "atmosphere_user.end_date", GRANT),
        ("DROP TABLE user_profile", "user_profile", GRANT),
        ("ALTER TABLE application_version RENAME COLUMN name TO title", "application_version.name", MOVE),
        ("ALTER TABLE provider_machine RENAME TO machines", "provider_machine", MOVE),
    ],
)
def test_missing_column_or_table_is_schema_drift(
    real: Bench, capsys: pytest.CaptureFixture[str], statement: str, missing: str, arguments: Sequence[str]
) -> None:
    """Exit code 3, SchemaDrift, and exactly the missing column or table."""
    if statement.startswith("DROP TABLE") and real.backend == "postgresql":
        statement += " CASCADE"
    sessions.execute(real, "atmosphere", statement)

    answer = _refusal(capsys, arguments, 3)

    assert "schema-drift" == answer["error"]
    assert f"the atmosphere database has no {missing}" == answer["what"]
    assert "runbook doctor" in answer["next_step"]


def test_missing_troposphere_is_not_replaced_by_the_fixture(
    bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only Atmosphere is real: a plan for both sites is refused with the variable, and one for Atmosphere works."""
    before = _dump(bench)
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", bench.databases["atmosphere"])

    answer = _refusal(capsys, GRANT, 7)

    assert "RUNBOOK_TROPOSPHERE_DB, which is not set" in answer["what"]
    assert "RUNBOOK_TROPOSPHERE_DB" in answer["next_step"]
    answer = _refusal(capsys, ["plan", "publicize_image", "-p", "application_id=1201"], 3)
    assert "no cloud configured" in answer["what"] + answer["why"]
    assert 0 == main.main([*GRANT, "-p", "site=atmosphere"])
    assert "built-in fixture" not in capsys.readouterr().out
    assert before == _dump(bench)


def test_every_screen_says_practice_without_settings(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan, and the history after an apply."""
    for arguments in (GRANT, ["apply", *GRANT[1:], "--reason", "test", "--yes"], ["history"]):
        assert 0 == main.main(arguments)
        assert "Practice mode: sample data only." in capsys.readouterr().out
    assert bench.journal.runs()


def test_read_only_role_or_file_is_refused_at_planning(
    real: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The rehearsal detects it: the role, the table, and the person to ask; nothing is changed."""
    before = _dump(real)
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", _read_only(real, request))

    answer = _refusal(capsys, MOVE, 3)

    assert "refused" == answer["error"]
    if real.backend == "postgresql":
        assert "the role reader_" in answer["what"]
        assert "has no permission for this action on atmosphere application" in answer["what"]
        assert "ask the database administrator" in answer["next_step"]
    else:
        assert "can't be written through sqlite:////" in answer["what"]
        assert "make the file and its folder writable" in answer["next_step"]
    assert before == _dump(real)


def _read_only(bench: Bench, request: pytest.FixtureRequest) -> str:
    """Return a URL of Atmosphere's database without write access."""
    url = bench.databases["atmosphere"]
    if bench.backend == "sqlite":
        return f"{url}?mode=ro"
    server: PostgreSQL = request.getfixturevalue("postgres")
    [(name,)] = sessions.rows(bench, "atmosphere", "SELECT current_database()")
    return server.create_role(f"reader_{name}", database=name, writes=False)


def test_read_only_role_can_plan_an_empty_plan(
    real: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Planning requires no write access if no row would be written."""
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", _read_only(real, request))

    assert 0 == main.main(["plan", "grant_staff", "-p", "username=staffmember"])
    assert "Nothing to do" in capsys.readouterr().out


def test_locked_row_is_refused_with_its_holder(
    real: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session has an open change: the plan waits for its limit, then names the holder."""
    monkeypatch.setattr(connection, "_LIMITS", connection._LIMITS.replace("lock_timeout=5s", "lock_timeout=2s"))
    monkeypatch.setattr(connection, "LOCK_SECONDS", 1)
    before = _dump(real)
    with sessions.session(real, "atmosphere") as other:
        if real.backend == "postgresql":
            other.execute("SET application_name = 'a busy colleague'")
        other.execute(
            sessions.with_placeholders(real, "UPDATE atmosphere_user SET is_staff = TRUE WHERE id = %s"),
            (user_id("joetest"),),
        )
        answer = _refusal(capsys, GRANT, 3)
        other.rollback()

    assert "refused" == answer["error"]
    assert "another session is changing atmosphere" in answer["what"]
    assert "wait until the other change is finished" in answer["next_step"]
    if real.backend == "postgresql":
        assert "a busy colleague (process " in answer["what"]
    assert before == _dump(real)
