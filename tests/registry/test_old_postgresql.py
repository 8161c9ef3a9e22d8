"""The oldest available PostgreSQL: every procedure runs on it, in statements that 9.6 can also parse."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect, procedures
from runbook_lib.fixture import practice
from runbook_lib.fixture.postgres import FixtureServer
from runbook_lib.systems.db.access.postgresql.base import OldServerWarning, warn_once
from tests import sessions
from tests.checks import check_inspection, check_round_trip
from tests.conftest import Bench
from tests.registry.postgresql_releases import newer
from tests.services.postgres import PostgreSQL, bin_dirs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def old_server() -> Iterator[FixtureServer]:
    """The fixture on PostgreSQL 10."""
    programs = bin_dirs().get("10")
    assert programs, "PostgreSQL 10 is not there: python -m tests.services.postgres --install"
    warn_once.cache_clear()
    with PostgreSQL(programs) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", OldServerWarning)
        with FixtureServer(server.url("postgres")) as old:
            assert old.version.startswith("PostgreSQL 10.")
            yield old


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x",
        "MERGE INTO t USING s ON (t.a = s.a) WHEN MATCHED THEN DELETE",
        "SELECT JSON_OBJECT ('a': 1)",
        "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)",
    ],
)
def test_newer_construct_is_found(sql: str) -> None:
    """The check can fail."""
    assert newer(sql)


def test_every_procedure_runs_on_postgresql_10(old_server: FixtureServer, tmp_path: Path) -> None:
    """Plan, apply, verify and undo; no statement has a construct of a later release."""
    statements: list[str] = []
    for name in procedures.changing():
        databases = old_server.copy(f"trip_{name}")
        home = tmp_path / name
        bench = Bench(home, databases, "postgresql", practice.prepare(home, databases=databases))
        with connect.open_world(bench.settings, operator="tester@host") as world, sessions.statements() as executed:
            check_round_trip(world, bench, name, **procedures.find(name).practice_example)
        statements += executed

    assert [] == [construct for sql in statements for construct in newer(sql)]
    assert {"SELECT", "UPDATE", "SET"} <= {sql.split()[0] for sql in statements}


def test_every_inspection_runs_on_postgresql_10(old_server: FixtureServer, tmp_path: Path) -> None:
    """Their examples; no statement has a construct of a later release."""
    databases = old_server.copy("inspections")
    bench = Bench(tmp_path, databases, "postgresql", practice.prepare(tmp_path, databases=databases))
    with connect.open_world(bench.settings, operator="tester@host") as world, sessions.statements() as statements:
        for name in procedures.inspecting():
            check_inspection(world, bench, name, **procedures.find(name).practice_example)

    assert [] == [construct for sql in statements for construct in newer(sql)]
    assert any('"instance_status_history"' in sql for sql in statements)
