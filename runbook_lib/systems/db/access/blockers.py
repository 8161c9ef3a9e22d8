"""The sessions that block a statement. The server knows them only while the statement waits."""

from __future__ import annotations

import contextlib
import threading
import weakref
from typing import TYPE_CHECKING

from django.db import Error

from runbook_lib.systems.db.access import connection as settings
from runbook_lib.systems.db.access.connection import separate_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from runbook_lib.model import Database

_SESSIONS = """
SELECT a.application_name, a.pid FROM pg_stat_activity a
WHERE a.pid = ANY(pg_blocking_pids(%s)) ORDER BY a.backend_start
"""
_sessions: weakref.WeakKeyDictionary[Error, tuple[str, ...]] = weakref.WeakKeyDictionary()


@contextlib.contextmanager
def noted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Note the sessions that block the statement inside, when half of its time for a lock has passed."""
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        yield
        return
    holders: list[str] = []
    process = connection.connection.info.backend_pid
    timer = threading.Timer(settings.LOCK_SECONDS / 2, _note, [connection.alias, process, holders])
    timer.daemon = True
    timer.start()
    try:
        yield
    except Error as error:
        _sessions[error] = tuple(holders)
        raise
    finally:
        timer.cancel()


def sessions(error: Error) -> tuple[str, ...]:
    """Return the sessions that blocked the statement with this error, as ``application (process 123)``, oldest first.

    The result is empty if the statement did not wait long enough.
    """
    return _sessions.get(error, ())


def _note(database: Database, process: int, holders: list[str]) -> None:
    """Ask the server on another connection. Without an answer, the refusal names no session."""
    with contextlib.suppress(Error), separate_connection(database) as connection, connection.cursor() as cursor:
        cursor.execute(_SESSIONS, [process])
        holders += [f"{name or 'an unnamed session'} (process {pid})" for name, pid in cursor.fetchall()]
