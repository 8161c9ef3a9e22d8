"""File system calls that fail, and disks that are full: reports stay true, nothing is torn, and a repetition works."""

from __future__ import annotations

import collections
import contextlib
import multiprocessing
import resource
import signal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from django.db.backends.signals import connection_created

from runbook_lib import connect, engine, procedures
from runbook_lib.config.settings import Settings
from runbook_lib.errors import Refused, RunbookError
from runbook_lib.journal.saved_plans import SavedPlans
from runbook_lib.model import DATABASES
from tests.checks import WHO, everything, plan, settle
from tests.engine.crashes import Fate
from tests.faults import truth
from tests.faults.file_calls import ERRORS, SHORT, FileCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME, VALUES = "revoke_staff", {"username": "staffmember"}
LONG_MESSAGE = "€" * 4000  # more than a page of the file
SAMPLE = 7  # each seventh call in the quick test, another error each time
_context = multiprocessing.get_context("forkserver")


def _discover(world: World, bench: Bench) -> list[str]:
    """Return the calls of an apply that nothing disturbs."""
    calls = FileCalls(bench.home)
    assert "applied, then applied" == truth.check(
        world, bench, plan(world, NAME, **VALUES), calls.failing(), fate=Fate()
    )
    assert {"write journal.jsonl", "fsync journal.jsonl", "open journal.jsonl"} <= {*calls.calls}
    return calls.calls


def _check(world: World, bench: Bench, points: list[tuple[int, str]]) -> collections.Counter[str]:
    before = everything(bench)
    ends: collections.Counter[str] = collections.Counter()
    for at, error in points:
        calls = FileCalls(bench.home, at=at, error=error)
        try:
            ends[truth.check(world, bench, plan(world, NAME, **VALUES), calls.failing(), fate=Fate())] += 1
            assert before == everything(bench)
        except AssertionError as problem:
            raise AssertionError(f"{error} at call {at}, {calls.calls[at]}: {problem}") from problem
    return ends


def test_failing_file_call_is_reported_truthfully(
    world: World, bench: Bench, record_property: Callable[[str, object], None]
) -> None:
    """Before the first commit nothing is changed; later ones stop the run, and settling explains it."""
    calls = _discover(world, bench)
    kinds = [*ERRORS, SHORT]

    ends = _check(world, bench, [(at, kinds[at // SAMPLE % len(kinds)]) for at in range(0, len(calls), SAMPLE)])

    record_property("points", sum(ends.values()))
    assert any(end.startswith("Refused") for end in ends)


@pytest.mark.soak
@pytest.mark.parametrize("error", [*ERRORS, SHORT])
def test_every_failing_file_call_is_reported_truthfully(
    world: World, bench: Bench, error: str, record_property: Callable[[str, object], None]
) -> None:
    """All calls of an apply on the journal, its head, its locks and their folders."""
    calls = _discover(world, bench)

    ends = _check(world, bench, [(at, error) for at in range(len(calls))])

    record_property("points", sum(ends.values()))
    assert len(calls) == sum(ends.values())


def _apply_with_limit(home: Path, plan_id: str, limit: int) -> None:
    """Apply a saved plan while no file may grow beyond a size; the exit code is the error's."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    code = 0
    with connect.open_world(Settings(home=home), operator="tester@host") as world:
        planned = SavedPlans(home).load(plan_id)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            journal, policy = connect.open_journal(Settings(home=home)), engine.Policy()
            engine.apply(world, planned, journal=journal, **WHO, find=procedures.find, policy=policy)
        except RunbookError as error:
            code = {None: 98, True: 97, False: 96}[error.changed]
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    raise SystemExit(code)


@pytest.mark.parametrize("limit", [0, 100, 4096, 100_000])
def test_file_that_may_not_grow_stops_the_run_truthfully(world: World, bench: Bench, limit: int) -> None:
    """The kernel itself refuses the write: of the journal below its size, else of the database or its own journal."""
    before = everything(bench)
    planned = plan(world, NAME, **VALUES)
    SavedPlans(bench.home).save(planned)

    process = _context.Process(target=_apply_with_limit, args=(bench.home, planned.plan_id, limit))
    process.start()
    process.join(60)

    assert process.exitcode in {96, 98}
    process.close()
    settle(world, bench)
    assert before == everything(bench)
    assert {"not-applied"} >= {run.state for run in bench.journal.runs()}
    assert () == bench.journal.check().problems


@contextlib.contextmanager
def _full(database: str) -> Iterator[None]:
    """Let a database's file have no more pages than now, which is SQLite's own full disk."""

    def limit(connection: Any, **_signal: Any) -> None:
        if connection.alias == database:
            connection.connection.execute("PRAGMA max_page_count = 1")  # it becomes the present number

    connection_created.connect(limit)
    connections[database].close()
    try:
        yield
    finally:
        connection_created.disconnect(limit)
        connections[database].close()


@pytest.mark.parametrize("database", DATABASES)
def test_full_disk_of_database_is_refused_at_planning(world: World, bench: Bench, database: str) -> None:
    """The rehearsal of a row that needs a new page fails, before anything is shown."""
    before = everything(bench)

    with _full(database), pytest.raises(Refused, match=f"no space is left on the disk of the {database}") as caught:
        plan(world, "start_maintenance", title="x", message=LONG_MESSAGE, beside_active=True)

    assert caught.value.changed is False
    assert before == everything(bench)


@pytest.mark.parametrize("database", DATABASES)
def test_disk_that_fills_after_planning_changes_nothing(world: World, bench: Bench, database: str) -> None:
    """Both databases write before either commits."""
    before = everything(bench)
    planned = plan(world, "start_maintenance", title="x", message=LONG_MESSAGE, beside_active=True)

    assert "Refused, then not-applied" == truth.check(world, bench, planned, _full(database), fate=Fate())
    assert before == everything(bench)
