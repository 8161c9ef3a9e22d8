"""A server that logs every statement and every bound value does not log a hash of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connections
from psycopg import sql

from runbook_lib.systems.db.access import connection, passwords, unlogged
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from tests.checks import apply, plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench
    from tests.services.postgres import PostgreSQL

SECRET = "a fixture secret, long enough"
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


@on_postgresql
def test_hashes_are_not_logged(
    world: World, bench: Bench, postgres: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old and the new hash are absent from the log, and the statements around them are there."""
    old = passwords.make_hash("the old secret")
    AtmosphereUser.objects.filter(username="joetest").update(password=old)
    monkeypatch.setenv("NEW_PASSWORD", SECRET)
    name = sql.Identifier(connections["atmosphere"].settings_dict["NAME"])
    postgres.execute(sql.SQL("ALTER DATABASE {} SET log_statement = 'all'").format(name))
    connection.reconnect("atmosphere")
    begin = len(postgres.log())

    outcome = apply(world, bench, plan(world, "grant_staff", username="joetest", password="env:NEW_PASSWORD"))

    assert "applied" == outcome.state
    new = AtmosphereUser.objects.get(username="joetest").password
    assert passwords.matches(SECRET, new)
    logged = postgres.log()[begin:]
    assert 'UPDATE "atmosphere_user" SET' in logged
    assert "COPY pg_temp.runbook_value" in logged
    for encoded in (old, new):
        assert encoded not in logged
        assert encoded.rpartition("$")[2] not in logged


@on_postgresql
def test_value_exists_only_in_its_transaction(world: World) -> None:
    """The table is dropped with the transaction, so a pooled session keeps nothing."""
    with world.rows("atmosphere").transaction():
        unlogged.pass_value("atmosphere", SECRET)
        unlogged.pass_value("atmosphere", "another")

    with connections["atmosphere"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('pg_temp.runbook_value')")
        assert (None,) == cursor.fetchone()


def test_sqlite_has_no_log(world: World) -> None:
    """The value is passed as it is."""
    assert SECRET == unlogged.pass_value("atmosphere", SECRET)
