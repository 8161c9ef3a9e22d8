"""The database's kind and version, and the tables that this account can read and change."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.apps import apps

from runbook_lib.systems.db.access.connection import separate_connection

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from runbook_lib.model import Database

# Tables on the search path. A missing table, or one in a schema that this account can't use, is not in the result.
_TABLES = """
SELECT c.relname, has_table_privilege(c.oid, 'SELECT'), has_table_privilege(c.oid, 'UPDATE')
FROM pg_class c
WHERE c.relkind IN ('r', 'p', 'v', 'f') AND pg_table_is_visible(c.oid)
"""
_SERVER = """
SELECT current_setting('server_version'), pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'
"""


@dataclass(frozen=True)
class TableRights:
    """The rights of an account on the tables of one database.

    Attributes:
        version: The database's kind and version.
        tables: The tables of this release's models, sorted.
        readable: The tables with the right to SELECT.
        writable: The tables with the right to UPDATE.
        read_only_reason: The reason why no write is possible, independent of the rights; empty if writes are possible.
    """

    version: str
    tables: tuple[str, ...]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    read_only_reason: str = ""


def read_rights(database: Database) -> TableRights:
    """Return the rights of this account. Reads the catalog on a separate connection; writes nothing.

    A right on single columns does not count, because most procedures read entire rows.
    """
    tables = tuple(sorted(model._meta.db_table for model in apps.get_app_config(database).get_models()))
    with separate_connection(database) as connection:
        if connection.vendor == "sqlite":
            return _sqlite(connection, tables)
        with connection.cursor() as cursor:
            cursor.execute(_SERVER)
            version, standby, read_only = cursor.fetchone()
            cursor.execute(_TABLES)
            rows = {name: (bool(reads), bool(writes)) for name, reads, writes in cursor.fetchall()}
    no_rights = (False, False)
    why = "the server is a standby" if standby else "transactions are read-only by default" if read_only else ""
    return TableRights(
        version=f"PostgreSQL {version.partition(' ')[0]}",
        tables=tables,
        readable=tuple(name for name in tables if rows.get(name, no_rights)[0]),
        writable=tuple(name for name in tables if rows.get(name, no_rights)[1]),
        read_only_reason=why,
    )


def _sqlite(connection: BaseDatabaseWrapper, tables: tuple[str, ...]) -> TableRights:
    """Return the rights that the file's permissions allow; SQLite has no accounts."""
    connection.ensure_connection()
    name = str(connection.settings_dict["NAME"])
    path = unquote(urlsplit(name).path)
    why = ""
    if name.endswith("?mode=ro"):
        why = "the database URL ends in mode=ro"
    elif not (os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)):  # noqa: PTH120 - the journal file
        why = "the file or its folder, where SQLite writes its journal, is not writable"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        existing = {row[0] for row in cursor.fetchall()}
    readable = tuple(table for table in tables if table in existing)
    return TableRights(
        version=f"SQLite {sqlite3.sqlite_version}",
        tables=tables,
        readable=readable,
        writable=() if why else readable,
        read_only_reason=why,
    )
