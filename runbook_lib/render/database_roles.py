"""The SQL of the database roles: one that only reads, and one per procedure with exactly what it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runbook_lib.model.database_rights import TablePrivileges

PREFIX = "runbook_"
READ = f"{PREFIX}read"
_ROLE = """\
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
END $$;"""
_CONNECT = """\
DO $$ BEGIN
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO {role}', current_database());
END $$;"""
_SEQUENCE = """\
DO $$ BEGIN
  EXECUTE (SELECT format('GRANT USAGE ON SEQUENCE %s TO {role}', sequence)
    FROM pg_get_serial_sequence('{schema}.{table}', '{key}') AS sequence WHERE sequence IS NOT NULL);
EXCEPTION WHEN null_value_not_allowed THEN NULL;  -- the key has no sequence
END $$;"""


def role_name(procedure: str) -> str:
    """Return the role of a procedure."""
    return f"{PREFIX}{procedure}"


def roles_sql(
    read: Mapping[str, TablePrivileges],
    procedures: Mapping[str, Mapping[str, TablePrivileges]],
    *,
    keys: Mapping[str, str],
    schema: str = "public",
) -> str:
    """Return the SQL that creates the roles of one database, or sets the roles that exist to these rights.

    Args:
        read: Table → the columns that the read role may read.
        procedures: Procedure → table → its own rights. Its role is a member of the read role.
        keys: Table → its key. A row can only be locked by a role that may change one of its columns, so a role that
            only locks gets the right to change the key.
        schema: The schema of the tables.
    """
    lines = ["BEGIN;", *_role(READ, read, keys=keys, schema=schema)]
    lines.insert(2, _CONNECT.format(role=READ))
    for procedure, tables in procedures.items():
        role = role_name(procedure)
        lines += ["", *_role(role, tables, keys=keys, schema=schema), f"GRANT {READ} TO {role};"]
    return "\n".join([*lines, "COMMIT;"])


def _role(role: str, tables: Mapping[str, TablePrivileges], *, keys: Mapping[str, str], schema: str) -> Sequence[str]:
    lines = [
        _ROLE.format(role=role),
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role};",
        f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role};",
        f"GRANT USAGE ON SCHEMA {schema} TO {role};",
    ]
    for table, rights in sorted(tables.items()):
        lines += [f"GRANT {privilege} ON {schema}.{table} TO {role};" for privilege in _privileges(rights, keys[table])]
        if rights.insert:
            lines.append(_SEQUENCE.format(role=role, schema=schema, table=table, key=keys[table]))
    return lines


def _privileges(rights: TablePrivileges, key: str) -> Iterator[str]:
    if rights.select:
        yield _columns("SELECT", rights.select)
    if rights.insert:
        yield _columns("INSERT", rights.insert)
    if changed := rights.update or ((key,) if rights.lock else ()):
        yield _columns("UPDATE", changed)
    if rights.delete:
        yield "DELETE"


def _columns(privilege: str, columns: Sequence[str]) -> str:
    return f"{privilege} ({', '.join(columns)})"
