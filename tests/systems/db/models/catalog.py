"""The catalog of a PostgreSQL database in the form of ``schema.json``."""

from __future__ import annotations

from typing import Any

import psycopg

_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
       a.attidentity <> '' , pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2
"""
_CONSTRAINTS = """
SELECT t.relname, k.contype, f.relname, k.condeferrable AND k.condeferred, k.confdeltype,
       (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
        WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
       (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a
        WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_class f ON f.oid = k.confrelid WHERE n.nspname = 'public' ORDER BY 1, 2
"""


def read(url: str) -> dict[str, Any]:
    """Return table → its columns ``[type, null, unique, foreign key]``, key and joint uniques, as in ``schema.json``.

    A column with a database default has the default as a fifth entry. A foreign key that is not deferred, or that acts
    on deletion, has a question mark.
    """
    tables: dict[str, Any] = {}
    with psycopg.connect(url) as session:
        for table, name, kind, null, identity, default in session.execute(_COLUMNS):
            entry = [_type(kind, identity=identity), null, False, None, *([default] if default else [])]
            body = tables.setdefault(table, {"unique_together": [], "primary_key": "", "columns": {}})
            body["columns"][name] = entry
        for table, kind, target, deferred, on_delete, columns, target_columns in session.execute(_CONSTRAINTS):
            body = tables[table]
            if kind == "f":
                plain = deferred and on_delete == "a"
                body["columns"][columns[0]][3] = f"{target}.{target_columns[0]}" + ("" if plain else "?")
            elif kind in "pu" and len(columns) == 1:
                body["columns"][columns[0]][2] = True
            elif kind == "u":
                body["unique_together"].append(columns)
            if kind == "p":
                body["primary_key"] = columns[0]
    return tables


def _type(kind: str, *, identity: bool) -> str:
    """Return the type as ``schema.json`` spells it; an identity column of a newer server is a serial there."""
    if identity and kind == "integer":
        return "serial"
    return kind.replace("character varying", "varchar").replace(",", ", ")
