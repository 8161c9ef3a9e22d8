"""SQLite's errors, by their result code and, where that says too little, by their fixed English texts."""

from __future__ import annotations

import re
import sqlite3

from runbook_lib.systems.db.access.faults.fault import Fault

_CONSTRAINT = re.compile(r"(UNIQUE|NOT NULL|CHECK|FOREIGN KEY) constraint failed(?:: (.*))?")
_KINDS = {"UNIQUE": "unique", "NOT NULL": "null", "CHECK": "check", "FOREIGN KEY": "foreign-key"}


def classify(error: sqlite3.Error, *, is_open: bool) -> Fault | None:  # noqa: PLR0911 - one return a kind
    """Return what the error means, or None when it is none of the known kinds.

    Args:
        error: SQLite's error.
        is_open: Whether the file had been opened: then a file that can't be opened is the journal beside it.
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
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_IOERR}:
        return Fault(kind="unreachable", text=text)
    if re.search(r"no such (table|column)|has no column named", text):
        return Fault(kind="missing", text=text)
    if code in {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH}:
        return Fault(kind="value")
    return None


def _violation(kind: str, place: str) -> Fault:
    """Return a violated constraint; a place is ``table.column, table.column`` or the constraint's name."""
    names = [part.strip().split(".", 1) for part in place.split(",") if "." in part]
    return Fault(
        kind=_KINDS[kind],  # type: ignore[arg-type] # the values of the table above are kinds
        table=names[0][0] if names else "",
        columns=tuple(name[1] for name in names),
        constraint="" if names else place,
    )
