"""Comparison of a live database with the models: missing tables and columns, and other differences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps

from runbook_lib.systems.db.access.connection import separate_connection

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

    from runbook_lib.model import Database

# These queries read the catalog itself. information_schema hides objects that the role can't read, so a missing
# permission would look like a missing column. Django's introspection queries columns that PostgreSQL 9.6 does not have.
_POSTGRESQL = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       a.atthasdef OR EXISTS (SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass
           AND d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype = 'i')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'f') AND pg_table_is_visible(c.oid)
"""
_SQLITE = """
SELECT m.name, c.name, c.type, NOT c."notnull" AND NOT c.pk, c.dflt_value IS NOT NULL OR c.pk
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')
"""
_LONG_FORMS = (("varchar", "character varying"), (", ", ","))


@dataclass(frozen=True)
class Column:
    """One column, from the database or from a model.

    Attributes:
        type: The type as the database spells it.
        is_nullable: Whether the column allows NULL.
        is_filled: Whether the database fills the column: by a default, a sequence or an identity.
    """

    type: str
    is_nullable: bool
    is_filled: bool


def find_missing(database: Database, tables: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the tables and columns that the live database lacks, as ``table`` or ``table.column``.

    Reads the catalog on a separate connection, so it also works after an error in the current transaction.

    Args:
        database: The database.
        tables: The tables to compare; None compares every table of the models.
    """
    with separate_connection(database) as connection:
        live, expected = _live(connection), _expected(database, connection)
    names: list[str] = []
    for table in sorted(expected if tables is None else set(tables) & expected.keys()):
        if table not in live:
            names.append(table)
        else:
            names += [f"{table}.{column}" for column in expected[table] if column not in live[table]]
    return tuple(names)


def report_differences(database: Database) -> tuple[str, ...]:
    """Return every difference as a line of text: missing, another type or length, another nullability.

    Additional tables and columns in the live database are not reported, except a column that an insert must fill.
    Reads the catalog on a separate connection.
    """
    lines = [f"{name}: missing" for name in find_missing(database)]
    with separate_connection(database) as connection:
        live, expected = _live(connection), _expected(database, connection)
    for table in sorted(expected.keys() & live.keys()):
        for name, column in live[table].items():
            lines += _differences(f"{table}.{name}", column, expected[table].get(name))
    return tuple(lines)


def find_tables(database: Database, text: str) -> tuple[str, ...]:
    """Return the tables that `text`, such as a message of the database, contains as a word."""
    words = set(re.findall(r"\w+", text))
    tables = (model._meta.db_table for model in apps.get_app_config(database).get_models())
    return tuple(table for table in tables if table in words)


def _differences(name: str, column: Column, expected: Column | None) -> list[str]:
    if expected is None:
        blocks_insert = not column.is_nullable and not column.is_filled
        return [f"{name}: unknown column, NOT NULL without a default: an insert would fail"] if blocks_insert else []
    lines = []
    if column.type != expected.type:
        lines.append(f"{name}: is {column.type}, expected {expected.type}")
    if column.is_nullable != expected.is_nullable:
        lines.append(f"{name}: is {_nullability(column)}, expected {_nullability(expected)}")
    return lines


def _nullability(column: Column) -> str:
    return "NULL" if column.is_nullable else "NOT NULL"


def _expected(database: Database, connection: BaseDatabaseWrapper) -> Mapping[str, Mapping[str, Column]]:
    """Return table → column name → the column of the model."""
    return {
        model._meta.db_table: {
            str(field.column): Column(
                type=_normal(str(field.db_type(connection))), is_nullable=field.null, is_filled=field.primary_key
            )
            for field in model._meta.concrete_fields
        }
        for model in apps.get_app_config(database).get_models()
    }


def _live(connection: BaseDatabaseWrapper) -> Mapping[str, Mapping[str, Column]]:
    """Return table → column name → the column in the database, for every table on the search path."""
    tables: dict[str, dict[str, Column]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE)
        for table, name, kind, null, filled in cursor.fetchall():
            column = Column(type=_normal(kind), is_nullable=bool(null), is_filled=bool(filled))
            tables.setdefault(table, {})[name] = column
    return tables


def _normal(kind: str) -> str:
    """Return the long lower-case spelling of a type: ``character varying(9)`` for ``VARCHAR(9)``."""
    kind = kind.lower()
    for short, long in _LONG_FORMS:
        kind = kind.replace(short, long)
    return kind
