"""Locks between runs: two runs that change the same table or system wait for each other, also for new rows.

PostgreSQL: advisory locks in a separate transaction that reads no row. SQLite:
``flock`` on the file's folder, because closing another descriptor of the file would release SQLite's own locks on it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.db import OperationalError, connections

from runbook_lib.errors import Refused
from runbook_lib.model import DATABASES, Call, Change, Database
from runbook_lib.systems.db.access.connection import separate_connection
from runbook_lib.systems.db.access.guard import translate_errors
from runbook_lib.text.waiting import Wait

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

WAIT_SECONDS = 25  # below the limit of a statement
_PAUSE_SECONDS = 0.05
_LOCK_NOT_AVAILABLE = "55P03"
_HOLDER = """
SELECT a.application_name || ' (process ' || a.pid || ')' FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND l.classid = ((%s >> 32) & 4294967295)::bigint::oid AND l.objid = (%s & 4294967295)::bigint::oid
"""


@contextlib.contextmanager
def held(changes: Sequence[Change], *, within: Sequence[Database]) -> Iterator[None]:
    """Hold one lock per table and per outside system of these changes.

    Args:
        changes: The changes of a plan.
        within: The databases that are configured.

    Raises:
        Refused: Another run still holds a lock after `WAIT_SECONDS`.
        NotConnected: A database did not respond.
    """
    folders: set[str] = set()
    with contextlib.ExitStack() as stack:
        for database in DATABASES:
            names = sorted({name for change in changes if (name := _name(change, database, within))})
            if not names:
                continue
            if connections[database].vendor == "sqlite":
                folders.add(_folder(database))
            else:
                stack.enter_context(_advisory(database, names))
        for folder in sorted(folders):
            stack.enter_context(_locked(folder))
        yield


def _name(change: Change, database: Database, within: Sequence[Database]) -> str:
    """Return the name of the lock that a change needs in a database; empty if it needs none there."""
    if isinstance(change, Call):
        return str(change.system) if database == next((name for name in DATABASES if name in within), "") else ""
    return change.table if change.database == database else ""


@contextlib.contextmanager
def _advisory(database: Database, names: Sequence[str]) -> Iterator[None]:
    with separate_connection(database) as connection:
        with translate_errors(database), connection.cursor() as cursor:
            # A transaction, because a pooler assigns sessions per transaction: a session lock can outlive this run.
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{WAIT_SECONDS}s"])
            for name in names:
                _lock(connection, name)
        yield


def _lock(connection: BaseDatabaseWrapper, name: str) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_key(name)])
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != _LOCK_NOT_AVAILABLE:
                raise
            cursor.execute("ROLLBACK")
            cursor.execute(_HOLDER, [_key(name), _key(name)])
            raise _busy(f"{connection.alias} {name}", [row[0] for row in cursor.fetchall()]) from error


def _key(name: str) -> int:
    """Return the lock's 63-bit number, the same in every run and every release."""
    return int.from_bytes(hashlib.sha256(f"runbook {name}".encode()).digest()[:8], "big") >> 1


def _folder(database: Database) -> str:
    name = str(connections[database].settings_dict["NAME"])
    return str(Path(unquote(name.removeprefix("file:").partition("?")[0])).parent)


@contextlib.contextmanager
def _locked(folder: str) -> Iterator[None]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Refused(
            what=f"the folder {folder} can't be locked against other runs",
            why=str(error.strerror),
            next_step="make the folder readable for this user, then plan again",
        ) from error
    try:
        wait = Wait(f"another run to release {folder}")
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if wait.check() > WAIT_SECONDS:
                    raise _busy(folder, []) from error
                time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _busy(target: str, holders: Sequence[str]) -> Refused:
    return Refused(
        what=f"another run is changing {target}",
        why=f"held by {', '.join(holders)}" if holders else "its lock was not released",
        next_step=f"wait until that run has ended, then plan again; this run waited {WAIT_SECONDS} s",
    )
