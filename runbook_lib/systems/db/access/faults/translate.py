"""Translation of Django's database errors to the runbook's errors, with the operator's next step."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import psycopg
from django.db import DatabaseError, DataError, Error, IntegrityError, NotSupportedError, connections

from runbook_lib.errors import NotConnected, NothingChanged, Refused, SchemaDrift
from runbook_lib.systems.db.access import blockers, drift
from runbook_lib.systems.db.access.connection import LOCK_SECONDS, STATEMENT_SECONDS, address
from runbook_lib.systems.db.access.faults import postgresql, sqlite
from runbook_lib.systems.db.access.faults.fault import Fault
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.errors import Trouble
    from runbook_lib.model import Database
    from runbook_lib.systems.db.access.faults.fault import Kind

_NO_CONNECTION: Mapping[Kind, Trouble] = {"unreachable": "unreachable", "login": "login"}


def classify(database: Database, error: Error) -> Fault | None:
    """Return the meaning of a Django database error, or None if it has no known kind."""
    cause = error.__cause__
    if isinstance(cause, psycopg.Error):
        return postgresql.classify(cause)
    if isinstance(cause, sqlite3.Error):
        return sqlite.classify(cause, is_open=connections[database].connection is not None)
    if isinstance(error, IntegrityError):  # Django's own check of SQLite's foreign keys; its message holds the value
        column = re.search(r": (\w+)\.(\w+) contains", str(error))
        return Fault(kind="foreign-key", table=column[1] if column else "", columns=(column[2],) if column else ())
    if isinstance(error, NotSupportedError) and "or later is required" in str(error):
        return Fault(kind="unsupported", text=str(error))
    return None


def is_lost(database: Database, error: Error) -> bool:
    """Return whether the error means that the connection failed or was lost."""
    fault = classify(database, error)
    return fault is not None and fault.kind in _NO_CONNECTION


def translate(database: Database, error: Error) -> NothingChanged | None:
    """Return the runbook's error for a Django database error; None for a defect, which the caller raises unchanged."""
    fault = classify(database, error)
    if fault is None:
        return None
    if trouble := _NO_CONNECTION.get(fault.kind):
        return NotConnected(
            kind=trouble,
            system=f"the {database} database",
            address=address(database),
            reason=_without_password(database, fault.text),
        )
    if fault.kind == "missing":
        return _drift(database, fault)
    what, why, next_step = _busy(database, fault, error) if fault.kind == "busy" else _sentences(database, fault)
    return Refused(what=what, why=why, next_step=next_step)


def without_values(error: Error) -> Error:
    """Return the error to chain: `error`, or a copy without the row values that drivers put into some messages."""
    if not isinstance(error, (IntegrityError, DataError)):
        return error
    code = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "sqlite_errorname", None)
    bare: DatabaseError = type(error)(f"{code or type(error).__name__} (the message is not shown: it can hold values)")
    return bare.with_traceback(error.__traceback__)


def _drift(database: Database, fault: Fault) -> SchemaDrift | None:
    """Return an error with the missing names that the message contains, or with all missing names if it has none."""
    missing = drift.find_missing(database)
    words = set(re.findall(r"\w+", fault.text))
    mentioned = [name for name in missing if words >= set(name.split("."))]
    mentioned = mentioned or [name for name in missing if name.rsplit(".", 1)[-1] in words]
    return SchemaDrift(database=database, missing=mentioned or missing) if missing else None


def _sentences(database: Database, fault: Fault) -> tuple[str, str, str]:
    """Return the what, why and next step of a refusal."""
    table = f"{database} {fault.table}".strip()
    if fault.kind in {"denied", "read-only"}:
        return _forbidden(database, fault)
    if fault.kind == "slow":
        return (
            f"a statement on the {database} database took longer than {STATEMENT_SECONDS} s and was stopped",
            fault.text,
            "run the command again when the database is less busy; if it stays slow, ask the database administrator",
        )
    if fault.kind == "full":
        what = f"no space is left on the disk of the {database} database"
        return (what, fault.text, "free space there, or ask the database administrator; then plan again")
    if fault.kind == "unsupported":
        return (f"the server of the {database} database is too old", fault.text, "upgrade the PostgreSQL server")
    columns = " and ".join(fault.columns)
    rule = f"constraint {fault.constraint}" if fault.constraint else ""
    sentences = {
        "unique": f"{table} already has a row with the same {columns or 'key'}",
        "null": f"{table}: {columns or 'a column'} must have a value",
        "foreign-key": f"{table}: the row that {columns or 'a foreign key'} refers to would be missing",
        "check": f"{table}: a value violates a rule of the table",
        "value": f"a value does not fit its column in the {database} database",
    }
    return (
        sentences[fault.kind],
        fault.text or rule or "the database enforces this rule",
        "correct the parameters and plan again; if they are correct, check the current rows",
    )


def _forbidden(database: Database, fault: Fault) -> tuple[str, str, str]:
    tables = drift.find_tables(database, fault.text)
    target = f"{database} {fault.table or ' '.join(tables)}".strip()
    role = _role(database)
    account = f"the role {role}" if role else "this connection"
    if fault.kind == "denied":
        return (
            f"{account} has no permission for this action on {target}",
            fault.text,
            f"ask the database administrator for it; '{commands.database_roles(database)}' prints the SQL of the roles",
        )
    return (
        f"{target} can't be written through {address(database)}",
        fault.text,
        "connect to the primary server with a role that can write, or make the file and its folder writable",
    )


def _role(database: Database) -> str:
    """Return the role of the connection; without one in the URL, libpq chose it."""
    connection = connections[database]
    info = getattr(connection.connection, "info", None)
    return connection.settings_dict["USER"] or (info.user if info else "")


def _busy(database: Database, fault: Fault, error: Error) -> tuple[str, str, str]:
    sessions = blockers.sessions(error)
    return (
        f"another session is changing {database} {fault.table}".strip()
        + (f": {', '.join(sessions)}" if sessions else "")
        + f"; waited {LOCK_SECONDS} s for the lock",
        fault.text,
        "wait until the other change is finished, then plan again",
    )


def _without_password(database: Database, text: str) -> str:
    password = str(connections[database].settings_dict["PASSWORD"])
    return text.replace(password, "…") if password else text
