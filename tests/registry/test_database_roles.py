"""The roles that ``runbook config roles`` makes, on a real PostgreSQL: each suffices for its procedure, and no more."""

from __future__ import annotations

import contextlib
import json
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.apps import apps
from django.db.backends.signals import connection_created

from runbook_lib import engine, params, procedures
from runbook_lib.cli import main
from runbook_lib.errors import Refused
from runbook_lib.fixture import dump
from runbook_lib.model import DATABASES, Call
from runbook_lib.model.database_rights import TablePrivileges
from runbook_lib.render import role_name
from runbook_lib.systems.db.access import connection
from tests import sessions
from tests.checks import apply, check_each, everything, plan, undo_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType
    from typing import Any

    from runbook_lib.model import Database
    from runbook_lib.world.world import World
    from tests.conftest import Bench
    from tests.services.postgres import PostgreSQL

pytestmark = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

ROWS = [name for name in procedures.changing() if any(procedures.database_rights().own(name, db) for db in DATABASES)]
LAST = "approve_imaging_request"  # it can't be undone, and another procedure's example closes the same request
_PRIVILEGES = """
SELECT privilege, c.relname::text, a.attname::text
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) privilege
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
AND has_column_privilege(%s::text, c.oid, a.attnum, privilege)
UNION ALL
SELECT privilege, c.relname::text, ''
FROM pg_class c, unnest(ARRAY['DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND has_table_privilege(%s::text, c.oid, privilege)
"""


def _create(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """Create the roles in both databases with the SQL that the command prints, twice as after an upgrade."""
    for database in DATABASES:
        assert 0 == main.main(["config", "roles", database])
        sql = capsys.readouterr().out
        for _ in range(2):
            with psycopg.connect(bench.databases[database], autocommit=True) as server:
                server.execute(sql.encode())


@contextlib.contextmanager
def _acting_as(role: str) -> Iterator[None]:
    """Let every connection act as a role, but for those of the fake services, which have their own account."""

    def become(connection: Any, **_signal: Any) -> None:
        if not _is_fake_service(sys._getframe()):
            connection.connection.execute(f"SET ROLE {role}")

    for database in DATABASES:
        connection.reconnect(database)
    connection_created.connect(become)
    try:
        yield
    finally:
        connection_created.disconnect(become)
        for database in DATABASES:
            connection.reconnect(database)


def _is_fake_service(frame: FrameType | None) -> bool:
    while frame:
        if frame.f_globals.get("__name__", "").startswith("runbook_lib.fixture.stand_ins"):
            return True
        frame = frame.f_back
    return False


def test_each_procedure_is_planned_applied_verified_and_undone_under_its_role(
    world: World, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server refuses no statement of it; the run also verifies later, on a new connection."""
    _create(bench, capsys)

    def check(name: str) -> None:
        before = everything(bench)
        with _acting_as(role_name(name if name in ROWS else "read")):
            planned = plan(world, name, **procedures.find(name).practice_example)
            outcome = apply(world, bench, planned)
            assert "applied" == outcome.state
            verification = engine.verify(world, bench.journal.run(outcome.run_id))
            assert not verification.not_in_effect
            if any(change.reversible for change in planned.changes):
                assert "applied" == apply(world, bench, undo_plan(world, bench, outcome.run_id)).state
        if any(change.reversible for change in planned.changes):
            assert [] == dump.differences(before, everything(bench), log_grows=planned.is_logged_outside)

    check_each([*(name for name in procedures.changing() if name != LAST), LAST], check)


@pytest.mark.every_procedure
def test_each_inspection_runs_under_role_that_only_reads(
    world: World, bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    """An inspection has a role of its own only to read password hashes, which `runbook_read` can't."""
    _create(bench, capsys)
    rights = procedures.database_rights()
    own = [name for name in procedures.inspecting() if any(rights.own(name, database) for database in DATABASES)]
    extra = {columns for name in own for database in DATABASES for columns in rights.own(name, database).values()}
    assert {TablePrivileges(select=("password",))} == extra

    def check(name: str) -> None:
        with _acting_as(role_name(name if name in own else "read")):
            procedure = procedures.find(name)
            values = params.check(procedure.fields, procedure.practice_example, procedure=name)
            inspection = engine.inspect(procedure, world, values)
        assert inspection.answer
        assert "permission" not in str(inspection.as_json())

    check_each(procedures.inspecting(), check)


def test_role_of_another_procedure_is_refused(world: World, bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The rehearsal of a plan finds it: with the next procedure's role the server refuses a write or a lock."""
    _create(bench, capsys)
    rights = procedures.database_rights()

    def check(name: str) -> None:
        planned = plan(world, name, **procedures.find(name).practice_example)
        if all(isinstance(change, Call) for change in planned.changes) and not planned.expects:
            return
        others = [other for other in ROWS if not {*rights.own(other, "atmosphere")} & {*rights.own(name, "atmosphere")}]
        with _acting_as(role_name(others[0])), pytest.raises(Refused, match="has no permission for this action on"):
            plan(world, name, **procedures.find(name).practice_example)

    check_each(ROWS, check)


def test_roles_have_exactly_the_recorded_rights(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """The server's catalog agrees for each role, table, column and privilege; who only locks rows may set their key."""
    _create(bench, capsys)

    for database in DATABASES:
        for name in ("read", *ROWS):
            assert _recorded(name, database) == _granted(bench, name, database), (name, database)


def _granted(bench: Bench, name: str, database: Database) -> set[tuple[str, str, str]]:
    role = role_name(name)
    exists = sessions.rows(bench, database, "SELECT 1 FROM pg_roles WHERE rolname = %s", role)
    return set(sessions.rows(bench, database, _PRIVILEGES, role, role)) if exists else set()  # type: ignore[arg-type]


def _recorded(name: str, database: Database) -> set[tuple[str, str, str]]:
    rights = procedures.database_rights()
    privileges: set[tuple[str, str, str]] = set()
    for table, given in rights.including_reading(name, database).items():
        privileges |= {("SELECT", table, column) for column in given.select}
        privileges |= {("INSERT", table, column) for column in given.insert}
        changed = given.update or ((rights.keys[database][table],) if given.lock else ())
        privileges |= {("UPDATE", table, column) for column in changed}
        privileges |= {("DELETE", table, "")} if given.delete else set()
    return privileges


def test_missing_permission_names_role_table_and_command(
    bench: Bench, postgres: PostgreSQL, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error shows an operator whose account may only read what to ask for."""
    _create(bench, capsys)
    account = f"alice_{bench.databases['atmosphere'][-6:]}".lower()
    postgres.execute(f"CREATE ROLE {account} LOGIN IN ROLE runbook_read")  # type: ignore[arg-type] # a name of ours
    for database in DATABASES:
        url = bench.databases[database].replace("user=postgres", f"user={account}")
        assert account in url
        monkeypatch.setenv(f"RUNBOOK_{database.upper()}_DB", url)

    code = main.main(["plan", "stop_maintenance", "--json"])
    answer = json.loads(capsys.readouterr().out)

    assert (3, "refused", False) == (code, answer["error"], answer["changed"])
    assert f"the role {account} has no permission for this action on atmosphere maintenance_record" == answer["what"]
    assert "runbook config roles atmosphere" in answer["next_step"]


def test_recorded_names_exist(backend: str) -> None:
    """Each procedure, table and column of the file; a renamed one must be recorded again."""
    rights = procedures.database_rights()
    assert {*rights.procedures} <= {*procedures.names()}
    for database in DATABASES:
        columns = {
            model._meta.db_table: {str(field.column) for field in model._meta.concrete_fields}
            for model in apps.get_app_config(database).get_models()
        }
        for name in ("", *rights.procedures):
            for table, given in rights.including_reading(name, database).items():
                assert {*given.select, *given.insert, *given.update} <= columns[table]
