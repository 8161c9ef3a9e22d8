"""Databases for the tests of `systems.db`: SQLite files and PostgreSQL databases with all tables, no rows."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib.model import DATABASES, Database
from runbook_lib.systems.db.access import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.services.postgres import PostgreSQL


Urls = dict[Database, str]
_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    """Leave both databases not configured after each test."""
    yield
    connection.connect({}, application_name="tests")


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Database, Path]:
    """Return SQLite files with all tables."""
    folder = tmp_path_factory.mktemp("templates")
    files = {database: folder / f"{database}.sqlite3" for database in DATABASES}
    for file in files.values():
        file.touch()
    connection.connect({name: connection.sqlite_url(file) for name, file in files.items()}, application_name="tests")
    for database in DATABASES:
        connection.create_tables(database)
    connection.close()
    return files


@pytest.fixture
def sqlite(sqlite_templates: Mapping[Database, Path], tmp_path: Path) -> Urls:
    """Return the URLs of two new SQLite databases, connected."""
    urls: Urls = {}
    for database, template in sqlite_templates.items():
        urls[database] = connection.sqlite_url(Path(shutil.copy(template, tmp_path)))
    connection.connect(urls, application_name="tests")
    return urls


@pytest.fixture(scope="session")
def server(postgres: PostgreSQL) -> PostgreSQL:
    """Return the session's PostgreSQL, with template databases."""
    make_templates(postgres)
    return postgres


@pytest.fixture
def postgresql(server: PostgreSQL) -> Iterator[Urls]:
    """Return the URLs of two new PostgreSQL databases, connected."""
    urls: Urls = {
        name: server.create_database(f"{name}_{next(_numbers)}", template=f"empty_{name}") for name in DATABASES
    }
    connection.connect(urls, application_name="tests")
    yield urls
    connection.connect({}, application_name="tests")
    for url in urls.values():
        server.drop_database(url.partition("@/")[2].partition("?")[0])


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Urls:
    """Return the URLs of two connected databases, once per kind."""
    urls: Urls = request.getfixturevalue(request.param)
    return urls


def make_templates(server: PostgreSQL) -> None:
    """Create ``empty_atmosphere`` and ``empty_troposphere`` with all tables; new ones are copied from them."""
    urls: Urls = {database: server.create_database(f"empty_{database}") for database in DATABASES}
    connection.connect(urls, application_name="tests")
    for database in DATABASES:
        connection.create_tables(database)
    connection.connect({}, application_name="tests")


@pytest.fixture
def shell(server: PostgreSQL, postgresql: Urls) -> Callable[[str], None]:
    """Return a function that runs SQL on this test's Atmosphere database as the superuser, outside Django."""
    name = postgresql["atmosphere"].partition("@/")[2].partition("?")[0]

    def run(statement: str) -> None:
        server.execute(statement, database=name)

    return run


@pytest.fixture
def become(server: PostgreSQL, postgresql: Urls) -> Iterator[Callable[[str], str]]:
    """Return a function that reconnects Atmosphere as a new ``reader`` or ``writer`` and returns the role's name."""
    database = postgresql["atmosphere"].partition("@/")[2].partition("?")[0]
    roles: list[str] = []

    def role(kind: str) -> str:
        roles.append(f"{kind}_{next(_numbers)}")
        url = server.create_role(roles[-1], database=database, writes=kind == "writer")
        connection.connect({**postgresql, "atmosphere": url}, application_name="tests")
        return roles[-1]

    yield role
    connection.connect({}, application_name="tests")
    for name in roles:
        server.execute(f"DROP OWNED BY {name}", database=database)
        server.execute(f"DROP ROLE {name}")
