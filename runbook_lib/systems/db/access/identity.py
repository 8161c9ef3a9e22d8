"""The identity of a database as it reports it itself, which no setting, tunnel or copied file can imitate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from django.db import connections

from runbook_lib.systems.db.access import connection
from runbook_lib.systems.db.access.guard import translate_errors

if TYPE_CHECKING:
    from runbook_lib.model import Database

# pg_control_system() exists since PostgreSQL 9.6. Some hosted servers let only administrators call it.
_DATABASE = """
SELECT d.oid, array_to_string(current_schemas(false), ','),
    has_function_privilege(to_regprocedure('pg_control_system()'), 'EXECUTE')
FROM pg_database d WHERE d.datname = current_database()
"""
_SYSTEM = "SELECT system_identifier FROM pg_control_system()"
_DEFAULT_PATH = "public"


def read(database: Database) -> str:
    """Return the address of a database, followed by its identity. Connects to PostgreSQL.

    PostgreSQL: the identifier of the server's data, the database's number (OID), and the search path if it is not
    ``public``. SQLite: the file's number (inode).

    Raises:
        NotConnected: The database does not respond, or is not configured.
    """
    address = connection.address(database)
    with translate_errors(database):
        facts = _sqlite(database) if connections[database].vendor == "sqlite" else _postgresql(database, address)
    if address.endswith(")"):
        return f"{address[:-1]}, {', '.join(facts)})"
    return f"{address} ({', '.join(facts)})"


def _postgresql(database: Database, address: str) -> list[str]:
    with connections[database].cursor() as cursor:
        cursor.execute(_DATABASE)
        number, path, may_call = cursor.fetchone()
        system = "unknown"
        if may_call:
            cursor.execute(_SYSTEM)
            system = str(cursor.fetchone()[0])
    facts = [f"system {system}", f"database OID {number}"]
    return facts if path == _DEFAULT_PATH or "search path" in address else [f"search path {path}", *facts]


def _sqlite(database: Database) -> list[str]:
    connections[database].ensure_connection()
    path = Path(unquote(str(connections[database].settings_dict["NAME"]).removeprefix("file:").partition("?")[0]))
    return [f"inode {path.stat().st_ino}"]
