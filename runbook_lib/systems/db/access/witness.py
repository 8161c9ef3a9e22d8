"""Proof by the database itself that a transaction was or was not committed; a missing effect proves nothing.

PostgreSQL 10 and later keeps the status of recent transactions (``txid_status``). SQLite counts the commits to a file
in its header (bytes 24 to 27, "file change counter"; not in WAL mode). If the counter is unchanged, the transaction was
not committed.
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
    """Return the identifier of the open transaction, after its writes, for `is_committed`; empty if there is none."""
    connection = connections[database]
    if connection.vendor == "sqlite":
        count = _commits(database)
        return "" if count is None else f"commits:{count}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT txid_current()")
        return f"txid:{cursor.fetchone()[0]}"


def is_committed(database: Database, witness: str) -> bool | None:
    """Return whether the transaction with this witness was committed; None if the database can't determine it.

    The caller must first wait until that transaction has ended.
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
    """Return the number of changes to the file; None in WAL mode, where SQLite does not count them.

    SQLite itself reads the file, because closing another descriptor would release this process's locks on the file.
    """
    connection = connections[database]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        if cursor.fetchone()[0] == "wal":
            return None
    return int.from_bytes(connection.connection.serialize()[_COUNTER], "big")
