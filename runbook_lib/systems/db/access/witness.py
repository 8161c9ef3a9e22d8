"""What a database itself says about whether a transaction was committed; absence of its effect proves nothing.

PostgreSQL from 10 on keeps the status of recent transactions (``txid_status``). SQLite counts the commits of a file in
its header (bytes 24 to 27, "file change counter"; not in WAL mode): no commit since means that ours was not one.
Sources: PostgreSQL's documentation, System Information Functions; SQLite's database file format, 1.3.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connections

if TYPE_CHECKING:
    from runbook_lib.model import Database

_TXID_STATUS_SINCE = 100000  # PostgreSQL 10
_COUNTER = slice(24, 28)


def take(database: Database) -> str:
    """Return what identifies the open transaction after its writes, for `committed`; empty when nothing can."""
    connection = connections[database]
    if connection.vendor == "sqlite":
        count = _commits(database)
        return "" if count is None else f"commits:{count}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        return f"txid:{cursor.fetchone()[0]}"


def committed(database: Database, witness: str) -> bool | None:
    """Return whether the transaction that gave this witness was committed; None when the database cannot say.

    The caller waits first until that transaction has ended.
    """
    kind, _, number = witness.partition(":")
    if kind == "commits":
        return False if _commits(database) == int(number) else None
    connection = connections[database]
    if kind != "txid" or connection.vendor != "postgresql" or getattr(connection, "pg_version", 0) < _TXID_STATUS_SINCE:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN %s < txid_snapshot_xmax(txid_current_snapshot()) THEN txid_status(%s) END",
            [int(number), int(number)],
        )
        status = cursor.fetchone()[0]
    return {"committed": True, "aborted": False}.get(status)


def _commits(database: Database) -> int | None:
    """Return how often the file was changed; None in WAL mode, which does not count.

    The file is read through SQLite: closing another descriptor of it would drop this process's locks on it.
    """
    connection = connections[database]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone()[0] == "wal":
            return None
    return int.from_bytes(connection.connection.serialize()[_COUNTER], "big")
