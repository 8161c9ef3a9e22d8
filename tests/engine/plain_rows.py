"""A plain model of the rows that procedures write: dictionaries, and changes that are applied to them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.db import connections

from runbook_lib import procedures
from runbook_lib.model import DATABASES, Call, RowDelete, RowInsert, RowUpdate
from tests.checks import stored_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.model import Change, Database

Place = tuple[str, str, str]  # database, table, key
Row = dict[str, Any]


@functools.cache
def written_tables() -> list[tuple[Database, str]]:
    """Return the tables that some procedure inserts into, updates or deletes from."""
    rights = procedures.database_rights()
    return sorted(
        {
            (database, table)
            for database in DATABASES
            for name in rights.procedures
            for table, given in rights.own(name, database).items()
            if given.insert or given.update or given.delete
        }
    )


class PlainRows:
    """The rows as they must be.

    Attributes:
        rows: Place → row.
    """

    def __init__(self) -> None:
        self._files: dict[Database, Path] = {database: _file(database) for database in DATABASES}
        self._read: dict[Database, tuple[bytes, dict[Place, Row]]] = {}
        self.rows = self.stored()

    def stored(self) -> dict[Place, Row]:
        """Return the rows as the databases hold them; a file is only read again after a commit to it."""
        rows: dict[Place, Row] = {}
        for database, file in self._files.items():
            with file.open("rb") as stream:
                commits = stream.read(28)[24:]  # SQLite's counter of the changes to the file
            if database not in self._read or self._read[database][0] != commits:
                self._read[database] = commits, _stored(database)
            rows |= self._read[database][1]
        return rows

    def follow(self, changes: Sequence[Change]) -> None:
        """Make changes that a system made; rows that Atmosphere itself changes for a call are read again."""
        if any(isinstance(change, Call) for change in changes):
            self.rows = self.stored()
            return
        for change in changes:
            place = place_of(change)
            if isinstance(change, RowDelete):
                del self.rows[place]
            elif isinstance(change, RowInsert):
                assert place not in self.rows
                self.rows[place] = {**dict.fromkeys(self.columns(change)), **change.row, **change.pk}
            else:
                assert differing(change.before, self.rows[place]) == {}, "it was not compared before it was set"
                self.rows[place] = {**self.rows[place], **change.after}

    def columns(self, change: RowInsert) -> list[str]:
        """Return the columns of a table, from any of its rows."""
        return next((list(row) for place, row in self.rows.items() if place[:2] == place_of(change)[:2]), [])


def _stored(database: Database) -> dict[Place, Row]:
    keys = procedures.database_rights().keys[database]
    tables = (table for name, table in written_tables() if name == database)
    return {(database, table, str(row[keys[table]])): row for table in tables for row in stored_rows(database, table)}


def _file(database: Database) -> Path:
    """Return an SQLite database's file."""
    return Path(unquote(str(connections[database].settings_dict["NAME"]).removeprefix("file:").partition("?")[0]))


def place_of(change: RowUpdate | RowInsert | RowDelete) -> Place:
    """Return the place of a row."""
    return change.database, change.table, str(next(iter(change.pk.values())))


def differing(expected: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns in which a row is not as expected."""
    return {name: (value, row[name]) for name, value in expected.items() if row[name] != value}
