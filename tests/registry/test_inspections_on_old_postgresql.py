"""Every look on the oldest PostgreSQL that can be had, with no statement that 9.6 would not understand."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from runbook_lib import connect, procedures
from runbook_lib.fixture import practice
from runbook_lib.fixture.postgres import FixtureServer
from runbook_lib.systems.db.access.postgresql.base import OldServerWarning, warn_once
from tests import sessions
from tests.checks import check_inspection
from tests.conftest import Bench
from tests.registry.test_old_postgresql import _newer
from tests.services.postgres import PostgreSQL, bin_dirs

if TYPE_CHECKING:
    from pathlib import Path


def test_every_look_runs_on_postgresql_10_in_the_words_of_9_6(tmp_path: Path) -> None:
    """Their examples; that the list of newer constructs finds one is shown where it stands."""
    programs = bin_dirs().get("10")
    assert programs, "PostgreSQL 10 is not there: python -m tests.services.postgres --install"
    warn_once.cache_clear()
    statements: list[str] = []
    with PostgreSQL(programs) as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", OldServerWarning)
        with FixtureServer(server.url("postgres")) as old:
            databases = old.copy("looks")
            bench = Bench(tmp_path, databases, "postgresql", practice.prepare(tmp_path, databases=databases))
            with connect.open_world(bench.settings, operator="tester@host") as world, sessions.statements() as seen:
                for name in procedures.inspecting():
                    check_inspection(world, bench, name, **procedures.find(name).example)
            statements += seen

    assert [] == [finding for sql in statements for finding in _newer(sql)]
    assert any('"instance_status_history"' in sql for sql in statements)
