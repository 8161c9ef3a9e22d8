"""PostgreSQL's errors, by their SQLSTATE: the texts are in the server's language, the codes are not."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import psycopg

from runbook_lib.systems.db.access.faults.fault import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "22001": "value",  # string_data_right_truncation
        "23502": "null",
        "23503": "foreign-key",
        "23505": "unique",
        "23514": "check",
        "23P01": "check",  # exclusion_violation
        "25006": "read-only",  # read_only_sql_transaction
        "25P03": "unreachable",  # idle_in_transaction_session_timeout: the server ended the session
        "28000": "login",
        "28P01": "login",
        "3D000": "unreachable",
        "3F000": "missing",  # invalid_schema_name
        "40001": "busy",  # serialization_failure
        "40P01": "busy",  # deadlock_detected
        "42501": "denied",
        "42703": "missing",  # undefined_column
        "42P01": "missing",  # undefined_table
        "53300": "unreachable",  # too_many_connections
        "55P03": "busy",  # lock_not_available
        "57014": "slow",  # query_canceled
        "57P01": "unreachable",
        "57P02": "unreachable",
        "57P03": "unreachable",
    }
)
_KEY = re.compile(r"\(([^()]*)\)=\(")  # the detail of a violated key: (column, column)=(value, value)
_RELATION = re.compile(r'"([^"]+)"')
_SHOWS_NO_VALUE = frozenset({"denied", "read-only", "missing", "unreachable", "login", "slow", "busy"})
# What the server says before there is a connection comes without its code. A server that speaks another language than
# English is then only "unreachable".
_LOGIN = re.compile(
    r"authentication failed for user|no password supplied|no pg_hba\.conf entry|role \"[^\"]*\" does not exist"
)


def classify(error: psycopg.Error) -> Fault | None:
    """Return what the error means, or None when it is none of the known kinds."""
    code = error.sqlstate or ""
    kind = _KINDS.get(code) or _by_class(error, code)
    if kind is None:
        return None
    diag = error.diag
    key = _KEY.search(diag.message_detail or "")
    columns = key[1].split(", ") if key else [diag.column_name] if diag.column_name else []
    text = diag.message_primary or " ".join(str(error).split())
    shown = text if code == "22001" or kind in _SHOWS_NO_VALUE else ""
    table = diag.table_name or ""
    if kind == "busy":
        place = _RELATION.search((diag.context or "").rsplit("\n", 1)[-1])
        table = place[1] if place else ""
    return Fault(
        kind=kind,
        text=shown,
        table=table,
        columns=tuple(column.strip('"') for column in columns),
        constraint=diag.constraint_name or "",
    )


def _by_class(error: psycopg.Error, code: str) -> Kind | None:
    """Return the kind by the first two characters of the code; without a code, the client itself raised it."""
    if code.startswith("22") or (not code and isinstance(error, psycopg.DataError)):
        return "value"
    if not code and isinstance(error, psycopg.OperationalError) and _LOGIN.search(str(error)):
        return "login"
    if code.startswith("08") or (not code and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))):
        return "unreachable"
    return None


def holders(connection: BaseDatabaseWrapper, table: str) -> tuple[str, ...]:
    """Return who holds locks on a table that stand in a writer's way: ``application (process 123)``, longest first.

    Reads ``pg_locks`` and ``pg_stat_activity`` on a connection that is not the one that waited. Empty when they have
    gone by now.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT a.pid, a.application_name, a.backend_start FROM pg_locks l "
            "JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_class c ON c.oid = l.relation "
            "WHERE l.granted AND l.mode <> 'AccessShareLock' AND pg_table_is_visible(c.oid) "
            "AND a.datname = current_database() AND (c.relname = %s OR %s = '') AND c.relkind = 'r' "
            "ORDER BY a.backend_start",
            [table, table],
        )
        return tuple(f"{name or 'a session without a name'} (process {pid})" for pid, name, _start in cursor.fetchall())
