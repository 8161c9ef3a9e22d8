"""PostgreSQL's errors by SQLSTATE; unlike the messages, the codes do not depend on the server's language."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

import psycopg

from runbook_lib.systems.db.access.faults.fault import Fault, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        "53100": "full",  # disk_full
        "55P03": "busy",  # lock_not_available
        "57014": "slow",  # query_canceled
        "57P01": "unreachable",
        "57P02": "unreachable",
        "57P03": "unreachable",
    }
)
_KEY = re.compile(r"\(([^()]*)\)=\(")  # the detail of a violated key: (column, column)=(value, value)
_RELATION = re.compile(r'"([^"]+)"')
_KINDS_WITHOUT_VALUES = frozenset({"denied", "read-only", "missing", "unreachable", "login", "slow", "busy", "full"})
# Errors of the connection attempt have no code. If the server's language is not English, they are only "unreachable".
_LOGIN = re.compile(
    r"authentication failed for user|no password supplied|no pg_hba\.conf entry|role \"[^\"]*\" does not exist"
)


def classify(error: psycopg.Error) -> Fault | None:
    """Return the meaning of an error, or None if it has no known kind."""
    code = error.sqlstate or ""
    kind = _KINDS.get(code) or _by_class(error, code)
    if kind is None:
        return None
    diag = error.diag
    key = _KEY.search(diag.message_detail or "")
    columns = key[1].split(", ") if key else [diag.column_name] if diag.column_name else []
    text = diag.message_primary or " ".join(str(error).split())
    shown = text if code == "22001" or kind in _KINDS_WITHOUT_VALUES else ""
    table = diag.table_name or ""
    if kind == "busy":
        relation = _RELATION.search((diag.context or "").rsplit("\n", 1)[-1])
        table = relation[1] if relation else ""
    return Fault(
        kind=kind,
        text=shown,
        table=table,
        columns=tuple(column.strip('"') for column in columns),
        constraint=diag.constraint_name or "",
    )


def _by_class(error: psycopg.Error, code: str) -> Kind | None:
    """Return the kind by the first two characters of the code. Errors without a code come from the client library."""
    if code.startswith("22") or (not code and isinstance(error, psycopg.DataError)):
        return "value"
    if not code and isinstance(error, psycopg.OperationalError) and _LOGIN.search(str(error)):
        return "login"
    broken = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
    if code.startswith("08") or (not code and (broken or type(error) is psycopg.DatabaseError)):  # a garbled message
        return "unreachable"
    return None
