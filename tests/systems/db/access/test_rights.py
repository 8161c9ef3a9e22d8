"""The rights of an account in a database: all, read-only, some tables, none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from django.db import connections

from runbook_lib.systems.db.access import connection, rights

if TYPE_CHECKING:
    from tests.services.postgres import PostgreSQL
    from tests.systems.db.conftest import Urls


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


def test_owner_has_every_right(databases: Urls) -> None:
    """On both kinds of database, every table is readable and writable, and the version is reported."""
    for name in databases:
        table_rights = rights.read_rights(name)

        assert table_rights.tables == table_rights.readable == table_rights.writable
        assert "" == table_rights.read_only_reason
        assert table_rights.version.startswith(("SQLite 3.", "PostgreSQL "))
        assert len(table_rights.tables) > 10


def test_read_only_role_is_reported(postgresql: Urls, server: PostgreSQL) -> None:
    """The role reads every table and changes none; a granted and a revoked right are both reported."""
    owner = postgresql["atmosphere"]
    url = server.create_role("rights_reader", database=_name(owner), writes=False)
    connection.connect({"atmosphere": url}, application_name="tests")
    table_rights = rights.read_rights("atmosphere")
    assert (table_rights.tables, ()) == (table_rights.readable, table_rights.writable)

    with psycopg.connect(owner, autocommit=True) as session:
        session.execute("GRANT UPDATE ON atmosphere_user TO rights_reader")
        session.execute("REVOKE SELECT ON instance FROM rights_reader")
    table_rights = rights.read_rights("atmosphere")
    assert ("atmosphere_user",) == table_rights.writable
    assert {"instance"} == set(table_rights.tables) - set(table_rights.readable)


def test_read_only_session_is_reported(postgresql: Urls) -> None:
    """The rights do not matter."""
    with psycopg.connect(postgresql["atmosphere"], autocommit=True) as session:
        session.execute(f'ALTER DATABASE "{_name(postgresql["atmosphere"])}" SET default_transaction_read_only = on')
    connections["atmosphere"].close()

    assert "transactions are read-only by default" == rights.read_rights("atmosphere").read_only_reason


def test_read_only_file_is_reported(sqlite: Urls) -> None:
    """SQLite has no accounts, so the URL decides."""
    connection.connect({"atmosphere": sqlite["atmosphere"] + "?mode=ro"}, application_name="tests")
    table_rights = rights.read_rights("atmosphere")

    assert ("the database URL ends in mode=ro", ()) == (table_rights.read_only_reason, table_rights.writable)
    assert table_rights.tables == table_rights.readable
