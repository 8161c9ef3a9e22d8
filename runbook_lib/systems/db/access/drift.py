"""Comparison of a live database with the models: what is missing, and what differs in meaning or in form."""

from __future__ import annotations

import functools
import re
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.db import connections

from runbook_lib.errors import SchemaDrift
from runbook_lib.systems.db.access.catalog import Column, TableSchema, live_tables, model_tables
from runbook_lib.systems.db.access.connection import separate_connection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

    from runbook_lib.model import Database

_READ_TABLE = re.compile(r'\b(?:FROM|JOIN)\s+"?(\w+)', re.IGNORECASE)
_INTEGERS = ("smallint", "integer", "bigint")
_TEXTS = ("text", "character varying")


@dataclass
class _SchemaComparison:
    """The tables of one connection, and those that were compared and are as expected."""

    live: Mapping[str, TableSchema]
    expected: Mapping[str, TableSchema]
    readable: set[str] = field(default_factory=set)


_compared: weakref.WeakKeyDictionary[BaseDatabaseWrapper, _SchemaComparison] = weakref.WeakKeyDictionary()


def find_missing(database: Database, tables: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the tables and columns that the live database lacks, as ``table`` or ``table.column``.

    Reads the catalog on a separate connection, so it also works after an error in the current transaction.

    Args:
        database: The database.
        tables: The tables to compare; None compares every table of the models.
    """
    with separate_connection(database) as connection:
        live, expected = live_tables(connection), model_tables(connection)
    return tuple(_missing(live, expected, expected if tables is None else tables))


def report_differences(database: Database) -> tuple[str, ...]:
    """Return every difference as a line of text, also those that do not change the meaning of a write.

    Additional tables and columns in the live database are not reported, except a column that an insert must fill.
    Triggers are not reported either; see `list_triggers`. Reads the catalog on a separate connection.
    """
    with separate_connection(database) as connection:
        live, expected = live_tables(connection), model_tables(connection)
    lines = [f"{name}: missing" for name in _missing(live, expected, expected)]
    for name in sorted(expected.keys() & live.keys()):
        lines += _read_differences(name, live[name], expected[name], vendor="")
        lines += _write_differences(name, live[name], expected[name])
    return tuple(lines)


def list_triggers(database: Database) -> tuple[str, ...]:
    """Return the triggers on the tables of the models, as ``table.trigger``."""
    with separate_connection(database) as connection:
        live = live_tables(connection)
    return tuple(f"{name}.{trigger}" for name in sorted(live) for trigger in live[name].triggers)


def check_read(connection: BaseDatabaseWrapper, sql: str) -> None:
    """Raise if a table that a statement reads is not as the models expect. The catalog is read once per connection.

    Raises:
        SchemaDrift: A difference can change what the statement returns.
    """
    if tables := set(_READ_TABLE.findall(sql)) & _names(connection.alias):
        comparison = _compared.get(connection) or _compare(connection)
        if not tables <= comparison.readable:
            _check(connection, comparison, reads=tables, writes=())
            comparison.readable |= tables


def check_write(database: Database, *, reads: Collection[str], writes: Collection[str]) -> None:
    """Raise if a table is not as the models expect. Reads the catalog anew, in the open transaction.

    Args:
        database: The database.
        reads: The tables whose rows are compared with the plan.
        writes: The tables whose rows are written.

    Raises:
        SchemaDrift: A difference can change the meaning of the write.
    """
    connection = connections[database]
    _check(connection, _compare(connection), reads={*reads, *writes}, writes=writes)


def forget(connection: BaseDatabaseWrapper) -> None:
    """Forget the catalog of a connection, because it was opened again."""
    _compared.pop(connection, None)


def find_tables(database: Database, text: str) -> tuple[str, ...]:
    """Return the tables that `text`, such as a message of the database, contains as a word."""
    words = set(re.findall(r"\w+", text))
    tables = (model._meta.db_table for model in apps.get_app_config(database).get_models())
    return tuple(table for table in tables if table in words)


@functools.cache
def _names(database: str) -> frozenset[str]:
    """Return the tables of the models."""
    return frozenset(model._meta.db_table for model in apps.get_app_config(database).get_models())


def _compare(connection: BaseDatabaseWrapper) -> _SchemaComparison:
    """Read the catalog, and keep it for the connection's next statements."""
    comparison = _SchemaComparison(live_tables(connection), model_tables(connection))
    _compared[connection] = comparison
    return comparison


def _check(
    connection: BaseDatabaseWrapper, comparison: _SchemaComparison, *, reads: Collection[str], writes: Collection[str]
) -> None:
    live, expected = comparison.live, comparison.expected
    lines: list[str] = []
    for name in sorted(live.keys() & reads):
        lines += _read_differences(name, live[name], expected[name], vendor=connection.vendor)
        if name in writes:
            lines += _write_differences(name, live[name], expected[name])
            lines += [f"{name}: has the trigger {trigger}" for trigger in live[name].triggers]
    missing = _missing(live, expected, reads)
    if missing or lines:
        raise SchemaDrift(database=cast("Database", connection.alias), missing=missing, differences=lines)


def _missing(
    live: Mapping[str, TableSchema], expected: Mapping[str, TableSchema], tables: Collection[str]
) -> list[str]:
    names: list[str] = []
    for table in sorted(set(tables) & expected.keys()):
        if table not in live:
            names.append(table)
        else:
            names += [f"{table}.{column}" for column in expected[table].columns if column not in live[table].columns]
    return names


def _read_differences(name: str, live: TableSchema, expected: TableSchema, *, vendor: str) -> Iterator[str]:
    """Yield the differences that can change what a statement returns.

    Args:
        name: The table's name.
        live: The table in the database.
        expected: The table of the models.
        vendor: The database's kind, to compare types by their meaning; empty to compare their spelling.
    """
    if live.kind != expected.kind:
        yield f"{name}: is a {live.kind}, expected a {expected.kind}"
    if live.is_filtered:
        yield f"{name}: row security hides rows from this account"
    for column, present, wanted in _common(live, expected):
        if _meaning(present.type, vendor) != _meaning(wanted.type, vendor):
            yield f"{name}.{column}: is {present.type}, expected {wanted.type}"


def _write_differences(name: str, live: TableSchema, expected: TableSchema) -> Iterator[str]:
    """Yield the differences, except triggers, that can change the meaning of a write."""
    for column, present, wanted in _common(live, expected):
        if present.is_nullable != wanted.is_nullable and live.kind == "table":
            yield f"{name}.{column}: is {_nullability(present)}, expected {_nullability(wanted)}"
    for column, present in live.columns.items():
        if column not in expected.columns and not present.is_nullable and not present.is_filled:
            yield f"{name}.{column}: unknown column, NOT NULL without a default: an insert would fail"
    for columns in sorted(map(sorted, expected.unique)) if live.kind == "table" else ():
        if live.columns.keys() >= set(columns) and not any(unique <= set(columns) for unique in live.unique):
            yield f"{name}: has no unique constraint on {', '.join(columns)}"
    for rule in live.rules:
        yield f"{name}: has the rule {rule}"
    for key in live.cascades:
        yield f"{name}: the foreign key {key} also changes other rows, by ON DELETE or ON UPDATE"


def _common(live: TableSchema, expected: TableSchema) -> Iterator[tuple[str, Column, Column]]:
    """Yield the columns that both have, in the database's order."""
    for column, present in live.columns.items():
        if column in expected.columns:
            yield column, present, expected.columns[column]


def _meaning(kind: str, vendor: str) -> str:
    """Return what types have in common that hold and compare the same values; all lengths of a text are the same.

    SQLite compares by affinity: https://www.sqlite.org/datatype3.html#determination_of_column_affinity.
    """
    bare = kind.partition("(")[0]
    if vendor == "postgresql":
        return "integer" if bare in _INTEGERS else "text" if bare in _TEXTS else kind
    if vendor == "sqlite":
        affinities = (("int", "number"), ("char", "text"), ("clob", "text"), ("text", "text"), ("blob", "blob"))
        reals = tuple((word, "real") for word in ("real", "floa", "doub"))
        return next((affinity for word, affinity in (*affinities, *reals) if word in bare), "number")
    return kind


def _nullability(column: Column) -> str:
    return "NULL" if column.is_nullable else "NOT NULL"
