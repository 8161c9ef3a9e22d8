"""What reaches an old PostgreSQL: no construct that 9.6 lacks, and every procedure on the oldest that can be had."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect, procedures
from runbook_lib.fixture import practice
from runbook_lib.fixture.postgres import FixtureServer
from runbook_lib.systems.db.access.postgresql.base import OldServerWarning, warn_once
from tests import sessions
from tests.checks import check_round_trip
from tests.conftest import Bench
from tests.services.postgres import PostgreSQL, bin_dirs

if TYPE_CHECKING:
    from pathlib import Path

# What PostgreSQL 9.6 does not understand, as a regular expression, and the release that brought it.
NEWER = {
    r"\bAS IDENTITY\b": 10,
    r"\bOVERRIDING (SYSTEM|USER)\b": 10,
    r"\bXMLTABLE\b": 10,
    r"^\s*CALL\b": 11,
    r"\bINCLUDE\s*\(": 11,
    r"\bwebsearch_to_tsquery\b": 11,
    r"\bAS (NOT )?MATERIALIZED\b": 12,
    r"\bjsonb_path_": 12,
    r"\bAND (NO )?CHAIN\b": 12,
    r"\bSTORED\b": 12,
    r"\bgen_random_uuid\b": 13,
    r"\bWITH TIES\b": 13,
    r"\bdate_bin\b": 14,
    r"\b(SEARCH|CYCLE) (BREADTH|DEPTH)\b": 14,
    r"\bUSING\s*\([^)]*\)\s+AS\b": 14,
    r"\bMERGE INTO\b": 15,
    r"\bNULLS NOT DISTINCT\b": 15,
    r"\bregexp_(count|instr|like|substr)\b": 15,
    r"\bIS JSON\b": 16,
    r"\bJSON_(ARRAY|OBJECT|ARRAYAGG|OBJECTAGG)\s*\(": 16,
    r"\bANY_VALUE\b": 16,
    r"\bJSON_(TABLE|EXISTS|QUERY|VALUE|SERIALIZE)\s*\(": 17,
    r"\bRETURNING\b.*\bWITH \((OLD|NEW)\b": 18,
}


def _newer(sql: str) -> list[str]:
    return [
        f"{pattern} came with PostgreSQL {release}: {sql}"
        for pattern, release in NEWER.items()
        if re.search(pattern, sql, re.IGNORECASE | re.DOTALL)
    ]


def test_every_statement_is_one_that_postgresql_9_6_understands(fixture_server: FixtureServer, tmp_path: Path) -> None:
    """Plan, apply and undo of every procedure: no construct of a later release."""
    statements = _round_trips(fixture_server, tmp_path)

    assert [] == [finding for sql in statements for finding in _newer(sql)]
    assert {"SELECT", "UPDATE", "SET"} <= {sql.split()[0] for sql in statements}


@pytest.mark.parametrize(
    "sql",
    [
        "WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x",
        "MERGE INTO t USING s ON (t.a = s.a) WHEN MATCHED THEN DELETE",
        "SELECT JSON_OBJECT ('a': 1)",
        "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1)",
    ],
)
def test_the_list_of_newer_constructs_finds_one(sql: str) -> None:
    """The check can fail."""
    assert _newer(sql)


def test_every_procedure_runs_on_postgresql_10(tmp_path: Path) -> None:
    """Plan, apply, verify and undo on the oldest server that can be had."""
    programs = bin_dirs().get("10")
    assert programs, "PostgreSQL 10 is not there: python -m tests.services.postgres --install"
    warn_once.cache_clear()
    with PostgreSQL(programs) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", OldServerWarning)
        with FixtureServer(server.url("postgres")) as old:
            assert old.version.startswith("PostgreSQL 10.")
            assert _round_trips(old, tmp_path)


def _round_trips(server: FixtureServer, folder: Path) -> list[str]:
    """Run every procedure's example through plan, apply and undo; return every statement."""
    statements: list[str] = []
    for name in procedures.changing():
        examples = procedures.find(name).example
        databases = server.copy(f"trip_{name}")
        home = folder / name
        bench = Bench(home, databases, "postgresql", practice.prepare(home, databases=databases))
        with connect.open_world(bench.settings, operator="tester@host") as world, sessions.statements() as seen:
            check_round_trip(world, bench, name, **examples)
        statements += seen
    return statements
