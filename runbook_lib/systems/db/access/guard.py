"""Refusal of writes while a plan is made, and translation of every database error to the runbook's errors."""

from __future__ import annotations

import contextlib
import threading
import traceback
from typing import TYPE_CHECKING, Any, cast

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.backends.utils import CursorWrapper
from django.db.utils import DatabaseErrorWrapper

from runbook_lib.errors import CommitUnknown, WriteRefused
from runbook_lib.model import DATABASES, Database
from runbook_lib.systems.db.access import blockers, drift
from runbook_lib.systems.db.access.faults.translate import is_lost, translate, without_values
from runbook_lib.systems.db.access.sql_reads import is_read_only

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_SHOWN = 200  # characters of a refused statement; the statement does not contain its values
_lock = threading.Lock()
_refusing = 0  # the number of open `refuse_writes` blocks in all threads
_read: set[Database] = set()  # the databases that were queried in the open or last `refuse_writes` block


@contextlib.contextmanager
def refuse_writes() -> Iterator[None]:
    """Let only reading statements reach either database inside the block, in every thread and on new connections too.

    Reads: nothing. Writes: nothing.

    Raises:
        WriteRefused: The query writes or locks a row. It is raised before the database receives the query.
        SchemaDrift: A table that the query reads is not as the models expect.
    """
    global _refusing  # noqa: PLW0603 - the switch must cover the whole process
    for alias in DATABASES:
        _watch(connections[alias])
    with _lock:
        if not _refusing:
            _read.clear()
        _refusing += 1
    try:
        yield
    finally:
        with _lock:
            _refusing -= 1


def databases_read() -> frozenset[Database]:
    """Return the databases that were queried in the open or last `refuse_writes` block."""
    return frozenset(_read)


@contextlib.contextmanager
def translate_errors(database: Database | None = None) -> Iterator[None]:
    """Translate errors of Django's database layer to `runbook_lib.errors`; also works as a decorator.

    Args:
        database: The database in use, for an error that does not show which connection it came from.

    Raises:
        NotConnected: The server or file can't be reached, or the connection was lost.
        SchemaDrift: A table or column is missing, or a table differs.
        Refused: No permission, a lock of another session, a time limit, a constraint, or a value that does not fit.
        CommitUnknown: The connection was lost during the commit.
    """
    try:
        yield
    except Error as error:
        alias = _origin(error) or database  # of two open transactions, the inner also gets the outer's errors
        if alias is None:
            raise
        if _in_commit(error) and is_lost(alias, error):
            raise CommitUnknown(alias) from error
        ours = translate(alias, error)
        if is_lost(alias, error) and not connections[alias].in_atomic_block:
            connections[alias].close()  # Django keeps the dead connection, but a running kernel needs a new one
        if ours is None:
            raise
        raise ours from without_values(error)


def _watch(connection: BaseDatabaseWrapper) -> None:
    """Add the check to a connection's statements, once."""
    if _check not in connection.execute_wrappers:
        connection.execute_wrappers.append(_check)


def _check(execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any) -> Any:
    if _refusing:
        if not (isinstance(sql, str) and is_read_only(sql)):
            shown = " ".join(str(sql).split())[:_MAX_SHOWN]
            raise WriteRefused(context["connection"].alias, shown)
        _read.add(cast("Database", context["connection"].alias))
        drift.check_read(context["connection"], sql)
        return execute(sql, params, many, context)
    with blockers.noted(context["connection"]):
        return execute(sql, params, many, context)


def _on_connection(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    _watch(connection)
    drift.forget(connection)


connection_created.connect(_on_connection, dispatch_uid="runbook_lib.systems.db.access.guard")


def _objects(error: BaseException) -> Iterator[tuple[str, object]]:
    """Yield the name of each function in the traceback, with the object that it belongs to."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        yield frame.f_code.co_name, frame.f_locals.get("self")


def _origin(error: Error) -> Database | None:
    """Return the database whose connection or cursor raised the error."""
    alias: Database | None = None
    for _name, owner in _objects(error):
        if isinstance(owner, CursorWrapper):
            connection: object = owner.db
        else:
            connection = owner.wrapper if isinstance(owner, DatabaseErrorWrapper) else owner  # type: ignore[attr-defined] # not in the stubs
        if isinstance(connection, BaseDatabaseWrapper):
            alias = cast("Database", connection.alias)
    return alias


def _in_commit(error: Error) -> bool:
    return any(name == "_commit" and isinstance(owner, BaseDatabaseWrapper) for name, owner in _objects(error))
