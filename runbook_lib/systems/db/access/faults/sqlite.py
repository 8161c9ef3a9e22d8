"""SQLite's errors by result code or, where the code is too general, by their fixed English messages."""

from __future__ import annotations

import re
import sqlite3

from runbook_lib.systems.db.access.faults.fault import Fault

_CONSTRAINT = re.compile(r"(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?")
_KINDS = {"UNIQUE": "unique", "NOT NULL": "null", "CHECK": "check", "FOREIGN KEY": "foreign-key"}


def classify(error: sqlite3.Error, *, is_open: bool) -> Fault | None:  # noqa: PLR0911 - one return per kind
    """Return the meaning of an error, or None if it has no known kind.

    Args:
        error: SQLite's error.
        is_open: Whether the database file was open. If so, the file that can't be opened is its journal.
    """
    text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
    constraint = _CONSTRAINT.search(text)
    if constraint:
        return _violation(constraint[1], constraint[2] or "")
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Fault(kind="busy", text=text)
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM} or (code == sqlite3.SQLITE_CANTOPEN and is_open):
        return Fault(kind="read-only", text=text)
    if code == sqlite3.SQLITE_FULL:
        return Fault(kind="full", text=text)
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR}:
        return Fault(kind="unreachable", text=text)
    if re.search(r"no such (table|column)|has no column named", text):
        return Fault(kind="missing", text=text)
    if code in {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}:
        return Fault(kind="value")
    return None


def _violation(kind: str, target: str) -> Fault:
    """Return a violated constraint; `target` is ``table.column, table.column`` or the constraint's name."""
    names = [part.strip().split(".", 1) for part in target.split(",") if "." in part]
    return Fault(
        kind=_KINDS[kind],  # type: ignore[arg-type] # the values of the table above are kinds
        table=names[0][0] if names else "",
        columns=tuple(name[1] for name in names),
        constraint="" if names else target,
    )
