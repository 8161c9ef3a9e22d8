"""Refuse writes while a plan is made, and turn every database error into one of ours."""

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
from runbook_lib.systems.db.access.faults.translate import is_lost, translate, without_values
from runbook_lib.systems.db.access.sql_reads import only_reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHOWN = 200  # characters of a refused statement; its values are not in it
_lock = threading.Lock()
_refusing = 0  # how many `refuse_writes` are open, in any thread


@contextlib.contextmanager
def refuse_writes() -> Iterator[None]:
    """Let only statements that read reach either database, until left; in every thread and on new connections too.

    Reads: nothing. Writes: nothing.

    Raises:
        WriteRefused: From the query itself, before the database sees it; for a lock of a row too.
    """
    global _refusing  # noqa: PLW0603 - one switch for the process is the point
    for alias in DATABASES:
        _watch(connections[alias])
    with _lock:
        _refusing += 1
    try:
        yield
    finally:
        with _lock:
            _refusing -= 1


@contextlib.contextmanager
def translated(database: Database | None = None) -> Iterator[None]:
    """Turn errors of Django's database layer into `runbook_lib.errors`; also works as a decorator.

    Args:
        database: The database in use, for an error that does not show which connection it came from.

    Raises:
        NotConnected: The server or file can't be reached, or the connection was lost.
        SchemaDrift: A table or column is missing.
        Refused: Permission, a lock held by somebody else, a time limit, a constraint, a value that does not fit.
        CommitUnknown: The connection was lost during the commit.
    """
    try:
        yield
    except Error as error:
        alias = _origin(error) or database  # with two transactions open, the inner one also sees the outer one's error
        if alias is None:
            raise
        if _in_commit(error) and is_lost(alias, error):
            raise CommitUnknown(alias) from error
        ours = translate(alias, error)
        if is_lost(alias, error) and not connections[alias].in_atomic_block:
            connections[alias].close()  # Django would keep the dead connection: a kernel that lives on needs a new one
        if ours is None:
            raise
        raise ours from without_values(error)


def _watch(connection: BaseDatabaseWrapper) -> None:
    """Put the check in front of a connection's statements, once."""
    if _check not in connection.execute_wrappers:
        connection.execute_wrappers.append(_check)


def _check(execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any) -> Any:
    if _refusing and not (isinstance(sql, str) and only_reads(sql)):
        alias = context["connection"].alias
        shown = " ".join(str(sql).split())[:_SHOWN]
        raise WriteRefused(alias, shown)
    return execute(sql, params, many, context)


def _on_connection(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    _watch(connection)


connection_created.connect(_on_connection, dispatch_uid="runbook_lib.systems.db.access.guard")


def _objects(error: BaseException) -> Iterator[tuple[str, object]]:
    """Yield each function on the way to the error, with the object it belongs to."""
    for frame, _line in traceback.walk_tb(error.__traceback__):
        yield frame.f_code.co_name, frame.f_locals.get("self")


def _origin(error: Error) -> Database | None:
    """Return the database whose connection or cursor raised the error."""
    found: Database | None = None
    for _name, owner in _objects(error):
        if isinstance(owner, CursorWrapper):
            connection: object = owner.db
        else:
            connection = owner.wrapper if isinstance(owner, DatabaseErrorWrapper) else owner  # type: ignore[attr-defined] # not in the stubs
        if isinstance(connection, BaseDatabaseWrapper):
            found = cast("Database", connection.alias)
    return found


def _in_commit(error: Error) -> bool:
    return any(name == "_commit" and isinstance(owner, BaseDatabaseWrapper) for name, owner in _objects(error))
