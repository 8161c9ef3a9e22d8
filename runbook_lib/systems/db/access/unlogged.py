"""Pass a secret value to a statement on PostgreSQL so that no server log can contain it.

A server logs statements with their literals, and with ``log_statement`` also the values that were bound to them. It
does not log the data of a COPY. So the value goes into a temporary table, which the transaction drops at its end.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from runbook_lib.model import Database

_CREATE = "CREATE TEMPORARY TABLE IF NOT EXISTS runbook_value (key text, value text) ON COMMIT DROP"
_COPY = "COPY pg_temp.runbook_value (key, value) FROM STDIN"
_READ = "(SELECT value FROM pg_temp.runbook_value WHERE key = %s)"


def pass_value(database: Database, value: str) -> Any:
    """Return what stands for a value in a statement of the open transaction; on SQLite, the value itself.

    Raises:
        DatabaseError: This account may not create temporary tables.
    """
    connection = connections[database]
    if connection.vendor != "postgresql":
        return value
    key = secrets.token_hex(8)
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
            copy.write_row((key, value))
    return RawSQL(_READ, [key])  # noqa: S611 - no value is part of the text
