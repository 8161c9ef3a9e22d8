"""The systems that tests run on: a PostgreSQL server, and worlds on private copies of the fixture."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.fixture import practice
from runbook_lib.fixture.folder import database_urls
from runbook_lib.fixture.postgres import FixtureServer
from tests import longest_first, one_procedure, one_worker, promises
from tests.checkout import Checkout
from tests.services import memory
from tests.services.fork_server import fork_server
from tests.services.postgres import PostgreSQL, bin_dirs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runbook_lib.journal import Journal
    from runbook_lib.model import Database
    from runbook_lib.world.world import World
    from tests.services.fork_server import ForkServer

BACKENDS = ("sqlite", "postgresql")
_TEMPORARY_BYTES = 2 * 2**30  # what a session with failures keeps is less
_numbers = itertools.count(1)
# No test judges by the clock: on a busy machine a deadline or a slow start says nothing about the code.
settings.register_profile("no-clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-clock")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this project."""
    one_procedure.add_option(parser)
    parser.addoption("--write-rights", action="store_true", help="add what the procedures use to their file of rights")


def pytest_configure(config: pytest.Config) -> None:
    """Read the options of this project, and put the tests' temporary folders into memory if there is room."""
    one_procedure.configure(config)
    if in_memory := memory.folder(room=_TEMPORARY_BYTES, runs_programs=True):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(in_memory))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that do not concern the chosen procedure, and put the longest files first."""
    one_procedure.select(config, items)
    longest_first.order(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> one_worker.Scheduling | None:
    """Keep the tests of a costly service in one process."""
    return one_worker.scheduling(config, log)


@dataclass(frozen=True)
class Bench:
    """One private copy of the fixture, and the home it is practiced in.

    Attributes:
        home: Its ``RUNBOOK_HOME``.
        databases: The URLs of its two databases.
        backend: ``sqlite`` or ``postgresql``.
        practice: The folder with the state of the stand-ins.
    """

    home: Path
    databases: Mapping[Database, str]
    backend: str
    practice: Path

    @property
    def settings(self) -> Settings:
        """The settings under which a world is opened on this copy."""
        return Settings(home=self.home)

    @property
    def journal(self) -> Journal:
        """Its journal."""
        return connect.open_journal(self.settings)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    """Start the newest PostgreSQL that this machine has; a machine without one fails the tests that need it."""
    servers = bin_dirs()
    if not servers:
        pytest.fail("no PostgreSQL can be started here: run 'make services'")
    with PostgreSQL(next(iter(servers.values()))) as server:
        yield server


@pytest.fixture(scope="session")
def forks() -> Iterator[ForkServer]:
    """Start the server that forks processes of our commands; not for what an interpreter does before its imports."""
    with fork_server() as server:
        yield server


@pytest.fixture(scope="session")
def fixture_server(postgres: PostgreSQL) -> Iterator[FixtureServer]:
    """Build the fixture on PostgreSQL once."""
    with FixtureServer(postgres.url("postgres")) as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that is marked ``both_databases`` on each of them."""
    if "backend" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_databases"):
        metafunc.parametrize("backend", BACKENDS, indirect=True)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """Return the kind of database that the test runs on: SQLite, unless it is marked ``both_databases``."""
    return str(getattr(request, "param", BACKENDS[0]))


@pytest.fixture
def bench(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Yield a private copy of the fixture; the server's is dropped afterwards."""
    home = tmp_path / "home"
    if backend == "postgresql":
        server, label = request.getfixturevalue("fixture_server"), f"t{next(_numbers)}"
        databases = server.copy(label)
        folder = practice.prepare(home, databases=databases)
        yield Bench(home=home, databases=databases, backend=backend, practice=folder)
        server.drop(label)
    else:
        folder = practice.prepare(home)
        yield Bench(home=home, databases=database_urls(folder), backend=backend, practice=folder)


@pytest.fixture
def world(bench: Bench) -> Iterator[World]:
    """Return an open world on a private copy of the fixture."""
    with connect.open_world(bench.settings, operator="tester@host") as opened:
        yield opened


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a sound copy of the package and the notebooks, to be broken."""
    return Checkout.copy(tmp_path / "copy")


@pytest.fixture(autouse=True)
def _no_real_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Remove every RUNBOOK_ variable, so that no test reaches a real system or the developer's own files."""
    for name in list(os.environ):
        if name.startswith("RUNBOOK_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-configuration"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the attacks on promises. With several processes, the one that distributes the tests counts."""
    promises.add(report)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the results of the attacks, and report the skipped tests; under CI, fail if there is one."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    promises.write()
    for report in reporter.stats.get("skipped", []):
        reporter.write_line(f"NOT EXERCISED: {report.nodeid}: {report.longrepr[2]}", red=True)
        if os.environ.get("CI"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
