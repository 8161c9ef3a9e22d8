"""What a database is, and which of the tables this account may read and change."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from django.apps import apps

from runbook_lib.systems.db.access.connection import of_its_own

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from runbook_lib.model import Database

# A table on the search path; one that is missing, or in a schema this account may not use, is not found at all.
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
    """What an account may do.

    Attributes:
        version: The database's kind and version.
        tables: The tables that this release knows, sorted.
        readable: Those of them that it may SELECT from.
        writable: Those of them that it may UPDATE.
        read_only: Why nothing can be written, whatever the rights are; empty when it can.
    """

    version: str
    tables: tuple[str, ...]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    read_only: str = ""


def held(database: Database) -> TableRights:
    """Return what this account may do. Reads the catalog, on a connection of its own; writes nothing.

    Source: a right on some columns alone is not counted, since most of what is done here reads whole rows.
    """
    tables = tuple(sorted(model._meta.db_table for model in apps.get_app_config(database).get_models()))
    with of_its_own(database) as connection:
        if connection.vendor == "sqlite":
            return _sqlite(connection, tables)
        with connection.cursor() as cursor:
            cursor.execute(_SERVER)
            version, standby, read_only = cursor.fetchone()
            cursor.execute(_TABLES)
            rows = {name: (bool(reads), bool(writes)) for name, reads, writes in cursor.fetchall()}
    nothing = (False, False)
    why = "it is a standby" if standby else "its transactions are read only by default" if read_only else ""
    return TableRights(
        version=f"PostgreSQL {version.partition(' ')[0]}",
        tables=tables,
        readable=tuple(name for name in tables if rows.get(name, nothing)[0]),
        writable=tuple(name for name in tables if rows.get(name, nothing)[1]),
        read_only=why,
    )


def _sqlite(connection: BaseDatabaseWrapper, tables: tuple[str, ...]) -> TableRights:
    """Return what the file allows: SQLite has no accounts."""
    connection.ensure_connection()
    name = str(connection.settings_dict["NAME"])
    path = unquote(urlsplit(name).path)
    why = ""
    if name.endswith("?mode=ro"):
        why = "its address ends in mode=ro"
    elif not (os.access(path, os.W_OK) and os.access(os.path.dirname(path), os.W_OK)):  # noqa: PTH120 - the journal file
        why = "the file, or the folder that its journal is written in, may not be written"
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        there = {row[0] for row in cursor.fetchall()}
    found = tuple(table for table in tables if table in there)
    return TableRights(
        version=f"SQLite {sqlite3.sqlite_version}",
        tables=tables,
        readable=found,
        writable=() if why else found,
        read_only=why,
    )
