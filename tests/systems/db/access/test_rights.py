"""What an account may do in a database: all, reading alone, some tables, nothing at all."""

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


def test_the_owner_may_do_everything(databases: Urls) -> None:
    """On both kinds of database every table that this release knows is read and changed; the version is told."""
    for name in databases:
        held = rights.read_rights(name)

        assert held.tables == held.readable == held.writable
        assert "" == held.read_only
        assert held.version.startswith(("SQLite 3.", "PostgreSQL "))
        assert len(held.tables) > 10


def test_a_role_that_only_reads_is_told(postgresql: Urls, server: PostgreSQL) -> None:
    """It reads every table and changes none; one right that is given, and one that is taken away, are seen."""
    owner = postgresql["atmosphere"]
    url = server.create_role("rights_reader", database=_name(owner), writes=False)
    connection.connect({"atmosphere": url}, application_name="tests")
    held = rights.read_rights("atmosphere")
    assert (held.tables, ()) == (held.readable, held.writable)

    with psycopg.connect(owner, autocommit=True) as session:
        session.execute("GRANT UPDATE ON atmosphere_user TO rights_reader")
        session.execute("REVOKE SELECT ON instance FROM rights_reader")
    held = rights.read_rights("atmosphere")
    assert ("atmosphere_user",) == held.writable
    assert {"instance"} == set(held.tables) - set(held.readable)


def test_a_session_that_is_read_only_is_told(postgresql: Urls) -> None:
    """Whatever its rights are."""
    with psycopg.connect(postgresql["atmosphere"], autocommit=True) as session:
        session.execute(f'ALTER DATABASE "{_name(postgresql["atmosphere"])}" SET default_transaction_read_only = on')
    connections["atmosphere"].close()

    assert "transactions are read-only by default" == rights.read_rights("atmosphere").read_only


def test_a_file_that_is_opened_for_reading_is_told(sqlite: Urls) -> None:
    """SQLite has no accounts: the address decides."""
    connection.connect({"atmosphere": sqlite["atmosphere"] + "?mode=ro"}, application_name="tests")
    held = rights.read_rights("atmosphere")

    assert ("the database URL ends in mode=ro", ()) == (held.read_only, held.writable)
    assert held.tables == held.readable
