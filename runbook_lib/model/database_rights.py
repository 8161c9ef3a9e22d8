"""The tables and columns that each procedure uses, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class TablePrivileges:
    """The privileges on one table.

    Attributes:
        select: The columns to read.
        insert: The columns to fill in a new row.
        update: The columns to change.
        delete: Whether rows are deleted.
        lock: Whether rows are locked, so that nobody changes them during the run.
    """

    select: tuple[str, ...] = ()
    insert: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    delete: bool = False
    lock: bool = False

    def __or__(self, other: TablePrivileges) -> TablePrivileges:
        """Return the privileges of both."""
        return TablePrivileges(
            select=tuple(sorted({*self.select, *other.select})),
            insert=tuple(sorted({*self.insert, *other.insert})),
            update=tuple(sorted({*self.update, *other.update})),
            delete=self.delete or other.delete,
            lock=self.lock or other.lock,
        )

    def as_json(self) -> dict[str, Any]:
        """Return the privileges that are not empty."""
        return {name: [*value] if isinstance(value, tuple) else value for name, value in vars(self).items() if value}


Tables = Mapping[str, TablePrivileges]


@dataclass(frozen=True)
class DatabaseRights:
    """The privileges of all procedures.

    Attributes:
        read: Database → table → the columns that planning and inspecting read. No password is among them.
        procedures: Procedure → database → table → what applying, verifying and undoing use.
        keys: Database → table → the column of its primary key.
    """

    read: Mapping[str, Mapping[str, tuple[str, ...]]]
    procedures: Mapping[str, Mapping[str, Tables]]
    keys: Mapping[str, Mapping[str, str]]

    def including_reading(self, procedure: str, database: str) -> Tables:
        """Return what a procedure uses in a database, with what everybody reads; without a name only the latter."""
        tables = {table: TablePrivileges(select=columns) for table, columns in self.read.get(database, {}).items()}
        for table, rights in self.procedures.get(procedure, {}).get(database, {}).items():
            tables[table] = tables.get(table, TablePrivileges()) | rights
        return tables

    def own(self, procedure: str, database: str) -> Tables:
        """Return what a procedure uses beyond what everybody reads."""
        tables = {}
        for table, rights in self.procedures.get(procedure, {}).get(database, {}).items():
            read = self.read.get(database, {}).get(table, ())
            select = tuple(column for column in rights.select if column not in read)
            own = TablePrivileges(select, rights.insert, rights.update, rights.delete, rights.lock)
            if own.as_json():
                tables[table] = own
        return tables

    def as_json(self) -> dict[str, Any]:
        """Return the content of the file."""
        return {
            "read": {
                database: {table: [*columns] for table, columns in tables.items()}
                for database, tables in self.read.items()
            },
            "procedures": {
                procedure: {
                    database: {table: rights.as_json() for table, rights in tables.items()}
                    for database, tables in databases.items()
                }
                for procedure, databases in self.procedures.items()
            },
            "keys": {database: dict(tables) for database, tables in self.keys.items()},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Return the rights of the file's content."""
        return cls(
            read={
                database: {table: tuple(columns) for table, columns in tables.items()}
                for database, tables in content["read"].items()
            },
            procedures={
                procedure: {
                    database: {table: _privileges(facts) for table, facts in tables.items()}
                    for database, tables in databases.items()
                }
                for procedure, databases in content["procedures"].items()
            },
            keys=content["keys"],
        )


def _privileges(facts: Mapping[str, Any]) -> TablePrivileges:
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    return TablePrivileges(**values)
