"""Database errors in our words: which of our errors each is, and what the operator does next."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

import psycopg
from django.db import DatabaseError, DataError, Error, IntegrityError, NotSupportedError, connections

from runbook_lib.errors import NotConnected, NothingChanged, Refused, SchemaDrift
from runbook_lib.systems.db.access import drift
from runbook_lib.systems.db.access.connection import LOCK_SECONDS, STATEMENT_SECONDS, address, of_its_own
from runbook_lib.systems.db.access.faults import postgresql, sqlite
from runbook_lib.systems.db.access.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.errors import Trouble
    from runbook_lib.model import Database
    from runbook_lib.systems.db.access.faults.fault import Kind

_NO_CONNECTION: Mapping[Kind, Trouble] = {"unreachable": "unreachable", "login": "login"}


def classify(database: Database, error: Error) -> Fault | None:
    """Return what a Django database error means, or None when it is none of the known kinds."""
    cause = error.__cause__
    if isinstance(cause, psycopg.Error):
        return postgresql.classify(cause)
    if isinstance(cause, sqlite3.Error):
        return sqlite.classify(cause, is_open=connections[database].connection is not None)
    if isinstance(error, IntegrityError):  # Django's own check of SQLite's foreign keys; its text holds the value
        place = re.search(r": (\w+)\.(\w+) contains", str(error))
        return Fault(kind="foreign-key", table=place[1] if place else "", columns=(place[2],) if place else ())
    if isinstance(error, NotSupportedError) and "or later is required" in str(error):
        return Fault(kind="unsupported", text=str(error))
    return None


def is_lost(database: Database, error: Error) -> bool:
    """Tell whether the error means that there is no connection (any more)."""
    fault = classify(database, error)
    return fault is not None and fault.kind in _NO_CONNECTION


def translate(database: Database, error: Error) -> NothingChanged | None:
    """Return our error for a Django database error; None when it is a defect of ours and should stay what it is."""
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
    what, why, next_step = _sentences(database, fault)
    return Refused(what=what, why=why, next_step=next_step)


def without_values(error: Error) -> Error:
    """Return the cause to chain: itself, or a copy without the row's values, which drivers put into some messages."""
    if not isinstance(error, (IntegrityError, DataError)):
        return error
    code = getattr(error.__cause__, "sqlstate", None) or getattr(error.__cause__, "sqlite_errorname", None)
    bare: DatabaseError = type(error)(f"{code or type(error).__name__} (the message is not shown: it can hold values)")
    return bare.with_traceback(error.__traceback__)


def _drift(database: Database, fault: Fault) -> SchemaDrift | None:
    """Return what is missing: of everything that is, only what the error's text names, if it names something."""
    everything = drift.missing(database)
    words = set(re.findall(r"\w+", fault.text))
    named = [name for name in everything if words >= set(name.split("."))]
    named = named or [name for name in everything if name.rsplit(".", 1)[-1] in words]
    return SchemaDrift(database=database, missing=named or everything) if everything else None


def _sentences(database: Database, fault: Fault) -> tuple[str, str, str]:
    """Return what, why and next step of a refusal."""
    where = f"{database} {fault.table}".strip()
    if fault.kind in {"denied", "read-only"}:
        return _forbidden(database, fault)
    if fault.kind == "busy":
        return _busy(database, fault)
    if fault.kind == "slow":
        return (
            f"a statement on the {database} database took longer than {STATEMENT_SECONDS} s and was ended",
            fault.text,
            "try again when the database is less busy; if it stays slow, ask the database's administrator",
        )
    if fault.kind == "unsupported":
        return (f"the {database} database is too old", fault.text, "upgrade the PostgreSQL server")
    columns = " and ".join(fault.columns)
    rule = f"constraint {fault.constraint}" if fault.constraint else ""
    sentences = {
        "unique": f"{where} has a row with the same {columns or 'key'} already",
        "null": f"{where}: {columns or 'a column'} must have a value",
        "foreign-key": f"{where}: a row that {columns or 'a foreign key'} joins would be missing",
        "check": f"{where}: a value breaks a rule of the table",
        "value": f"a value does not fit its column in the {database} database",
    }
    return (
        sentences[fault.kind],
        fault.text or rule or "the database checks this itself",
        "correct the parameters and plan again; if they are right, check the rows that are there now",
    )


def _forbidden(database: Database, fault: Fault) -> tuple[str, str, str]:
    tables = drift.tables_named(database, fault.text)
    target = f"{database} {fault.table or ' '.join(tables)}".strip()
    role = connections[database].settings_dict["USER"]
    who = f"the role {role}" if role else "this connection"
    if fault.kind == "denied":
        return (
            f"{who} may not do this to {target}",
            fault.text,
            f"ask the database's administrator for the permission, or connect as the role that {database} itself uses",
        )
    return (
        f"{target} can't be written through {address(database)}",
        fault.text,
        "connect to the primary server with a role that may write, or make the file and its folder writable",
    )


def _busy(database: Database, fault: Fault) -> tuple[str, str, str]:
    others: tuple[str, ...] = ()
    if connections[database].vendor == "postgresql":
        with of_its_own(database) as connection:
            others = postgresql.holders(connection, fault.table)
    return (
        f"somebody else is changing {database} {fault.table}".strip()
        + (f": {', '.join(others)}" if others else "")
        + f"; waited {LOCK_SECONDS} s",
        fault.text,
        "wait until the other change is finished, then plan again",
    )


def _without_password(database: Database, text: str) -> str:
    password = str(connections[database].settings_dict["PASSWORD"])
    return text.replace(password, "…") if password else text
