"""Sessions beside the one under test: raw SQL on the same databases, and the command line as a user starts it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.db import connections
from django.db.backends.signals import connection_created

from runbook_lib.model import DATABASES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.model import Database
    from tests.conftest import Bench
    from tests.services.fork_server import ForkServer


@contextlib.contextmanager
def session(bench: Bench, database: Database) -> Iterator[Any]:
    """Yield a separate DB-API connection; the caller commits or rolls back, and an open transaction is lost."""
    url = bench.databases[database]
    if bench.backend == "postgresql":
        with psycopg.connect(url) as connection:
            yield connection
            connection.rollback()
    else:
        file = contextlib.closing(sqlite3.connect(unquote(urlsplit(url).path).removeprefix("/"), timeout=10))
        with file as connection:
            yield connection


def execute(bench: Bench, database: Database, statement: str, *values: object) -> None:
    """Run one statement and commit; values stand as ``%s`` in it."""
    with session(bench, database) as connection:
        connection.execute(with_placeholders(bench, statement), values)
        connection.commit()


def rows(bench: Bench, database: Database, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Return the rows of one query; values stand as ``%s`` in it."""
    with session(bench, database) as connection:
        return list(connection.execute(with_placeholders(bench, statement), values).fetchall())


def with_placeholders(bench: Bench, statement: str) -> str:
    """Return a statement with the placeholders of the bench's kind of database."""
    return statement if bench.backend == "postgresql" else statement.replace("%s", "?")


def end_sessions(bench: Bench, database: Database) -> None:
    """End every other session of a PostgreSQL database, as a server's administrator would."""
    execute(
        bench,
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def start(
    *arguments: str | bytes, home: str, environment: Mapping[str, str] | None = None, forks: ForkServer | None = None
) -> subprocess.Popen[str]:
    """Start ``runbook`` as a separate process, with nothing configured but its home and `environment`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")}
    return subprocess.Popen(
        [*(forks.command("runbook_lib") if forks else (sys.executable, "-m", "runbook_lib")), *arguments],
        env={**kept, "RUNBOOK_HOME": home, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def failing_commit(bench: Bench, database: Database) -> Iterator[Callable[[str], None]]:
    """Yield a `watch` under which this database's commit fails: its session is ended, or a reader keeps its file."""
    with contextlib.ExitStack() as stack:

        def watch(point: str) -> None:
            if point != f"about to: commit {database}":
                return
            if bench.backend == "postgresql":
                end_sessions(bench, database)
                return
            connections[database].connection.execute("PRAGMA busy_timeout = 100")
            reader = stack.enter_context(session(bench, database))
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchall()

        yield watch


@contextlib.contextmanager
def statements() -> Iterator[list[str]]:
    """Collect every statement that reaches either database, on connections that are made meanwhile too."""
    recorded: list[str] = []

    def record(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's signature
        recorded.append(sql)
        return execute(sql, values, many, context)

    with wrapped(record):
        yield recorded


@contextlib.contextmanager
def wrapped(record: Callable[..., Any]) -> Iterator[None]:
    """Run a wrapper of Django's around each statement, on connections that are made meanwhile too."""

    def watch(connection: Any, **_signal: Any) -> None:
        if record not in connection.execute_wrappers:
            connection.execute_wrappers.append(record)

    with contextlib.ExitStack() as stack:
        connection_created.connect(watch)
        stack.callback(connection_created.disconnect, watch)
        for database in DATABASES:
            stack.enter_context(connections[database].execute_wrapper(record))
        yield
