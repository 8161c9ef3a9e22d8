"""Locks between runbooks: one run per table and per outside system."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused
from runbook_lib.model import Call, RowInsert, System, SystemId
from runbook_lib.systems.db.access import connection, locks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.model import Change
    from runbook_lib.world.world import World
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases

RECORD = RowInsert(database="atmosphere", table="maintenance_record", pk={"id": None}, row={"title": "x"})
OTHER = RowInsert(database="troposphere", table="maintenance_record", pk={"id": None}, row={"title": "x"})
CALL = Call(system=SystemId(System.API), target="x", action="y", before=None, after=1)
HOLD = """
import sys
from runbook_lib.model import RowInsert
from runbook_lib.systems.db.access import connection, locks
connection.connect({"atmosphere": sys.argv[1]}, application_name="the other run")
change = RowInsert(database="atmosphere", table="maintenance_record", pk={"id": None}, row={})
with locks.held([change], within=["atmosphere"]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def _held_elsewhere(bench: Bench) -> Iterator[None]:
    """Hold the lock of ``maintenance_record`` in another process."""
    command = [sys.executable, "-c", HOLD, bench.databases["atmosphere"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "held\n" == process.stdout.readline()
        try:
            yield
        finally:
            process.communicate("")


def _take(*changes: Change) -> None:
    with locks.held(changes, within=("atmosphere", "troposphere")):
        pass


@pytest.mark.usefixtures("world")
def test_a_run_waits_for_the_table_and_names_the_holder(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run is refused after its limit; on PostgreSQL it names the first."""
    monkeypatch.setattr(locks, "WAIT_SECONDS", 1)
    with _held_elsewhere(bench), pytest.raises(Refused, match="another run is changing") as error:
        _take(RECORD)

    assert ("the other run (process" in error.value.why) is (bench.backend == "postgresql")
    _take(RECORD)


@pytest.mark.usefixtures("world")
def test_another_table_and_a_call_are_free(bench: Bench) -> None:
    """On PostgreSQL only the same table waits; on SQLite one folder has one lock."""
    if bench.backend == "postgresql":
        with _held_elsewhere(bench):
            _take(OTHER, CALL)
    _take(OTHER, CALL, RECORD)


@pytest.mark.usefixtures("world")
def test_a_killed_holder_leaves_no_lock(bench: Bench) -> None:
    """The session or the process ends, and its lock with it."""
    command = [sys.executable, "-c", HOLD, bench.databases["atmosphere"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()

    _take(RECORD)


def test_a_call_without_a_database_needs_no_lock(world: World) -> None:
    """No database is opened where none is configured."""
    connection.connect({}, application_name="x")

    with locks.held([CALL], within=()):
        assert not connection.configured_databases()
    world.__enter__()  # the rest of the test's world


def test_folder_with_special_characters_is_locked(tmp_path: Path) -> None:
    """A blank and a percent sign in the path are escaped in the database's URL."""
    folder = tmp_path / "a b%20c"
    folder.mkdir()
    sqlite3.connect(folder / "x.sqlite3").close()
    connection.connect({"atmosphere": connection.sqlite_url(folder / "x.sqlite3")}, application_name="x")

    with locks.held([RECORD], within=("atmosphere",)), (folder / "x.sqlite3").open("rb"):
        descriptor = os.open(folder, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
