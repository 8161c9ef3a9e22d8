"""Compare a live database with the models: what is missing, and what differs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps

from runbook_lib.systems.db.access.connection import of_its_own

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

    from runbook_lib.model import Database

# The catalog itself: information_schema hides what the role may not read, and would make a missing permission look like
# a missing column; Django's introspection asks for columns that PostgreSQL 9.6 does not have.
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
    """One column as the database, or the model, has it.

    Attributes:
        type: The type in the database's own spelling.
        null: Whether NULL is allowed.
        filled: Whether the database fills it by itself: a default, a sequence, an identity.
    """

    type: str
    null: bool
    filled: bool


def missing(database: Database, tables: Collection[str] | None = None) -> tuple[str, ...]:
    """Return what the models have and the live database has not, as ``table`` or ``table.column``.

    Reads the catalog, on a connection of its own: it also works when the present transaction is broken.

    Args:
        database: Which database.
        tables: Only these tables; all of the models' when None.
    """
    with of_its_own(database) as connection:
        live, known = _live(connection), _expected(database, connection)
    found: list[str] = []
    for table in sorted(known if tables is None else set(tables) & known.keys()):
        if table not in live:
            found.append(table)
        else:
            found += [f"{table}.{column}" for column in known[table] if column not in live[table]]
    return tuple(found)


def report(database: Database) -> tuple[str, ...]:
    """Return every difference as a line of text: missing, another type or length, another nullability.

    Tables and columns that are only in the live database are no difference, except a column that an insert would have
    to fill. Reads the catalog on a connection of its own.
    """
    lines = [f"{name}: missing" for name in missing(database)]
    with of_its_own(database) as connection:
        live, known = _live(connection), _expected(database, connection)
    for table in sorted(known.keys() & live.keys()):
        for name, column in live[table].items():
            lines += _differences(f"{table}.{name}", column, known[table].get(name))
    return tuple(lines)


def tables_named(database: Database, text: str) -> tuple[str, ...]:
    """Return the tables whose name is a word of `text`, such as a message of the database."""
    words = set(re.findall(r"\w+", text))
    return tuple(m._meta.db_table for m in apps.get_app_config(database).get_models() if m._meta.db_table in words)


def _differences(place: str, column: Column, known: Column | None) -> list[str]:
    if known is None:
        blocks = not column.null and not column.filled
        return [f"{place}: not known here, NOT NULL without a default: an insert would fail"] if blocks else []
    lines = []
    if column.type != known.type:
        lines.append(f"{place}: is {column.type}, expected {known.type}")
    if column.null != known.null:
        lines.append(f"{place}: NULL is {_allowed(column)} and should be {_allowed(known)}")
    return lines


def _allowed(column: Column) -> str:
    return "allowed" if column.null else "refused"


def _expected(database: Database, connection: BaseDatabaseWrapper) -> Mapping[str, Mapping[str, Column]]:
    """Return table → column → what the models say."""
    return {
        model._meta.db_table: {
            str(field.column): Column(
                type=_normal(str(field.db_type(connection))), null=field.null, filled=field.primary_key
            )
            for field in model._meta.concrete_fields
        }
        for model in apps.get_app_config(database).get_models()
    }


def _live(connection: BaseDatabaseWrapper) -> Mapping[str, Mapping[str, Column]]:
    """Return table → column → what the database says, for every table on the search path."""
    tables: dict[str, dict[str, Column]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE)
        for table, name, kind, null, filled in cursor.fetchall():
            column = Column(type=_normal(kind), null=bool(null), filled=bool(filled))
            tables.setdefault(table, {})[name] = column
    return tables


def _normal(kind: str) -> str:
    """Return one spelling of a type: ``character varying(9)`` for ``VARCHAR(9)``."""
    kind = kind.lower()
    for short, long in _LONG_FORMS:
        kind = kind.replace(short, long)
    return kind
