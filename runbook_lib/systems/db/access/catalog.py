"""The tables of a live database as its catalog describes them, in one query."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps

from runbook_lib.model import DATABASES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

# This query reads the catalog itself. information_schema hides objects that the role can't read, so a missing
# permission would look like a missing column. Django's introspection queries columns that PostgreSQL 9.6 does not have.
_POSTGRESQL = """
SELECT * FROM (WITH tables AS (
    SELECT c.oid, c.relname, c.relkind, row_security_active(c.oid) AS is_filtered FROM pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = ANY(%s) AND pg_table_is_visible(c.oid)
)
SELECT 'table', relname::text, '', relkind::text, is_filtered, false FROM tables
UNION ALL
SELECT 'column', t.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
    a.atthasdef OR EXISTS (SELECT 1 FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass
        AND d.refobjid = t.oid AND d.refobjsubid = a.attnum AND d.deptype = 'i')
FROM pg_attribute a JOIN tables t ON t.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'unique', t.relname::text, '', (SELECT string_agg(a.attname, ',') FROM pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)), false, false
FROM pg_index i JOIN tables t ON t.oid = i.indrelid
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
UNION ALL
SELECT 'trigger', t.relname::text, g.tgname::text, '', false, false
FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal AND g.tgenabled <> 'D'
UNION ALL
SELECT 'rule', t.relname::text, r.rulename::text, '', false, false
FROM pg_rewrite r JOIN tables t ON t.oid = r.ev_class WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D'
UNION ALL
SELECT 'cascade', t.relname::text, k.conrelid::regclass::text || '.' || k.conname, '', false, false
FROM pg_constraint k JOIN tables t ON t.oid = k.confrelid
WHERE k.contype = 'f' AND (k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', 'r'))
) AS facts
"""
_SQLITE = """
SELECT 'table', m.name, '', m.type, 0, 0 FROM sqlite_master m WHERE m.type IN ('table', 'view')
UNION ALL
SELECT 'column', m.name, c.name, c.type, NOT c."notnull" AND NOT c.pk, c.dflt_value IS NOT NULL OR c.pk
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')
UNION ALL
SELECT 'unique', m.name, '', group_concat(c.name), 0, 0
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.pk GROUP BY m.name
UNION ALL
SELECT 'unique', m.name, '', (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i), 0, 0
FROM sqlite_master m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND l."unique" AND NOT l.partial
UNION ALL
SELECT 'trigger', m.tbl_name, m.name, '', 0, 0 FROM sqlite_master m WHERE m.type = 'trigger'
UNION ALL
SELECT 'cascade', k."table", m.name || '.' || k."from", '', 0, 0
FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table'
AND (k.on_delete NOT IN ('NO ACTION', 'RESTRICT') OR k.on_update NOT IN ('NO ACTION', 'RESTRICT'))
"""
_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}
_LONG_FORMS = (("varchar", "character varying"), (", ", ","))
_expected: dict[tuple[str, str], Mapping[str, TableSchema]] = {}  # name and kind of a database → its tables


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


@dataclass
class TableSchema:
    """One table, from the database or from a model.

    Attributes:
        kind: ``table``, ``view``, ``materialized view`` or ``foreign table``.
        columns: Column name → column.
        unique: The sets of columns whose values together are unique; the primary key is one of them.
        triggers: The triggers, in order of their names, except those of foreign keys and disabled ones.
        rules: The enabled rewrite rules.
        cascades: The foreign keys, ``table.name``, that change other rows when a row is deleted or its key changes.
        is_filtered: Whether row security hides rows from this account.
    """

    kind: str = "table"
    columns: dict[str, Column] = field(default_factory=dict)
    unique: set[frozenset[str]] = field(default_factory=set)
    triggers: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    cascades: list[str] = field(default_factory=list)
    is_filtered: bool = False


def live_tables(connection: BaseDatabaseWrapper) -> Mapping[str, TableSchema]:
    """Return name → table of the database, for each table of the models that is on the search path.

    Do not change it: as long as the catalog is the same, the next call can return the same object.
    """
    names = [model._meta.db_table for model in apps.get_app_config(connection.alias).get_models()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL, [names])
        else:
            cursor.execute(_SQLITE)
        return _tables(tuple(map(tuple, cursor.fetchall())), frozenset(names))


@functools.lru_cache(maxsize=2 * len(DATABASES))
def _tables(rows: tuple[tuple[Any, ...], ...], names: frozenset[str]) -> Mapping[str, TableSchema]:
    """Return the tables that the rows of the catalog query describe."""
    tables: dict[str, TableSchema] = {}
    for what, name, *facts in sorted(rows, key=lambda row: row[0] != "table"):
        if name in names:
            _add(tables.setdefault(name, TableSchema()), what, *facts)
    return tables


def model_tables(connection: BaseDatabaseWrapper) -> Mapping[str, TableSchema]:
    """Return name → table as the models expect it. Do not change it: the next call returns the same object."""
    key = connection.alias, connection.vendor
    if key not in _expected:
        _expected[key] = _model_tables(connection)
    return _expected[key]


def _model_tables(connection: BaseDatabaseWrapper) -> Mapping[str, TableSchema]:
    tables = {}
    for model in apps.get_app_config(connection.alias).get_models():
        meta = model._meta
        columns = {
            str(field.column): Column(
                type=normal_type(str(field.db_type(connection))), is_nullable=field.null, is_filled=field.primary_key
            )
            for field in meta.concrete_fields
        }
        unique = [[field.name] for field in meta.concrete_fields if field.unique]
        unique += [list(names) for names in meta.unique_together]
        unique += [list(constraint.fields) for constraint in meta.total_unique_constraints]
        column_of = {field.name: str(field.column) for field in meta.concrete_fields}
        by_column = {frozenset(column_of[name] for name in names) for names in unique}
        tables[meta.db_table] = TableSchema(columns=columns, unique=by_column)
    return tables


def normal_type(kind: str) -> str:
    """Return the long lower-case spelling of a type: ``character varying(9)`` for ``VARCHAR(9)``."""
    kind = kind.lower()
    for short, long in _LONG_FORMS:
        kind = kind.replace(short, long)
    return kind


def _add(table: TableSchema, what: str, name: str, text: str, first: object, second: object) -> None:  # noqa: PLR0913, PLR0917 - the columns of a row
    """Add one row of the catalog query to a table."""
    if what == "table":
        table.kind, table.is_filtered = _KINDS.get(text, text), bool(first)
    elif what == "column":
        table.columns[name] = Column(type=normal_type(text), is_nullable=bool(first), is_filled=bool(second))
    elif what == "unique":
        table.unique.add(frozenset(text.split(",")))
    elif what == "trigger":
        table.triggers.append(name)
    elif what == "cascade":
        table.cascades.append(name)
    else:
        table.rules.append(name)
