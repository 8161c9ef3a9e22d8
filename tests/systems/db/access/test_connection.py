"""Database addresses: URLs, time limits, reconnection, and databases that are missing or not configured."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.core.exceptions import SynchronousOnlyOperation
from django.db import OperationalError, connections, transaction

from runbook_lib.errors import NotConnected, ParamError, Refused
from runbook_lib.model import DATABASES, Database
from runbook_lib.systems.db.access import connection
from runbook_lib.systems.db.access.guard import translate_errors
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, Size
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser

if TYPE_CHECKING:
    from pathlib import Path

Urls = dict[Database, str]


def scalar(statement: str, database: Database = "atmosphere") -> Any:
    """Return the single value that a statement returns."""
    with connections[database].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_models_can_be_imported_without_a_settings_module() -> None:
    """The import works in a new process with any environment, and opens no connection."""
    code = "import runbook_lib.systems.db.models.atmosphere.models as m; print(m.Size._meta.db_table)"
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "no.such.module"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "size\n", "")


@pytest.mark.parametrize("database", DATABASES)
def test_database_without_a_url_reports_its_variable(database: Database) -> None:
    """Any use of a database that is not configured names its setting."""
    connection.connect({}, application_name="tests")
    with pytest.raises(NotConnected, match=f"RUNBOOK_{database.upper()}_DB, which is not set"):
        scalar("SELECT 1", database)
    assert connection.configured_databases() == ()


def test_query_without_a_database_fails_only_when_it_runs(sqlite: Urls) -> None:
    """One database can be real while the other is not configured."""
    connection.connect({"troposphere": sqlite["troposphere"]}, application_name="tests")
    query = AtmosphereUser.objects.filter(username="joetest")
    with pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"):
        query.exists()
    assert TroposphereUser.objects.count() == 0
    assert connection.configured_databases() == ("troposphere",)


def test_missing_sqlite_file_is_not_created(tmp_path: Path) -> None:
    """A wrong path raises NotConnected and leaves no empty database there."""
    file = tmp_path / "absent.sqlite3"
    connection.connect({"atmosphere": connection.sqlite_url(file)}, application_name="tests")
    with pytest.raises(NotConnected, match=r"sqlite:///.*absent\.sqlite3"), translate_errors("atmosphere"):
        Size.objects.count()
    assert not file.exists()


def test_file_without_a_database_is_not_connected(tmp_path: Path) -> None:
    """A text file raises another error than an empty database."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to have a header " * 30)
    connection.connect({"atmosphere": connection.sqlite_url(file)}, application_name="tests")
    with pytest.raises(NotConnected, match="file is not a database"), translate_errors("atmosphere"):
        Size.objects.count()


def test_path_with_special_characters_survives_the_url(tmp_path: Path) -> None:
    """Spaces, percent signs and question marks survive the conversion to a URL and back."""
    file = tmp_path / "my 100%20 data? #1.sqlite3"
    file.touch()
    connection.connect({"atmosphere": connection.sqlite_url(file)}, application_name="tests")
    connection.create_tables("atmosphere")
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]
    assert file.stat().st_size > 0


def test_database_opens_read_only(sqlite: Urls) -> None:
    """With ?mode=ro, reads work and a write is refused."""
    TroposphereUser.objects.create(username="joetest")
    connection.connect({"troposphere": sqlite["troposphere"] + "?mode=ro"}, application_name="tests")
    assert TroposphereUser.objects.get().username == "joetest"
    with pytest.raises(Refused, match="can't be written"), translate_errors("troposphere"):
        TroposphereUser.objects.create(username="staffmember")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://user:hunter2@host/atmo_prod", "neither postgresql"),
        ("sqlite:///hunter2.sqlite3", "not absolute"),
        ("sqlite://hunter2/x.sqlite3", "not absolute"),
        ("sqlite:////x.sqlite3?mode=hunter2", "mode must be rw or ro"),
        ("postgresql://user:hunter2@host:port/atmo_prod", "port is not a number"),
        ("postgresql://user:hunter2@host/atmo_prod?nonsense=hunter2", "can't parse it"),
        ("postgresql://user:hunter2@host", "has no database name"),
    ],
)
def test_malformed_url_is_refused_and_not_repeated(url: str, why: str) -> None:
    """Neither message nor cause shows a malformed URL, because it can hold a password."""
    with pytest.raises(ParamError, match=why) as caught:
        connection.connect({"atmosphere": url}, application_name="tests")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_refused_url_keeps_the_old_connection(sqlite: Urls) -> None:
    """Both URLs are parsed before either connection changes."""
    with pytest.raises(ParamError):
        connection.connect({**sqlite, "troposphere": "nonsense"}, application_name="tests")
    assert TroposphereUser.objects.count() == 0


def test_second_connect_replaces_and_closes_the_old_connection(sqlite: Urls, tmp_path: Path) -> None:
    """One process can open many databases, one after the other."""
    TroposphereUser.objects.create(username="joetest")
    old = connections["troposphere"]
    other = tmp_path / "other.sqlite3"
    other.touch()
    connection.connect({"troposphere": connection.sqlite_url(other)}, application_name="tests")
    connection.create_tables("troposphere")
    assert TroposphereUser.objects.count() == 0
    assert old.connection is None


def test_postgresql_session_has_time_limits_and_a_name(postgresql: Urls) -> None:
    """An abandoned session can't block Atmosphere for long, and other sessions see its owner."""
    connection.connect(postgresql, application_name="runbook grant_staff (alice@höst) " + "x" * 80)
    assert scalar("SHOW statement_timeout") == "30s"
    assert scalar("SHOW lock_timeout") == "5s"
    assert scalar("SHOW idle_in_transaction_session_timeout") == "10min"
    assert scalar("SHOW TimeZone") == "UTC"
    assert scalar("SHOW application_name") == ("runbook grant_staff (alice@h?st) " + "x" * 80)[:63]


def test_settings_in_the_url_are_kept(postgresql: Urls) -> None:
    """Settings in the URL reach the server together with the time limits."""
    url = postgresql["atmosphere"] + "&options=-c%20work_mem%3D5MB&connect_timeout=3"
    connection.connect({"atmosphere": url}, application_name="tests")
    assert (scalar("SHOW work_mem"), scalar("SHOW lock_timeout")) == ("5MB", "5s")
    assert connections["atmosphere"].settings_dict["OPTIONS"]["connect_timeout"] == "3"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("postgresql://u:hunter2@db:5433/atmo_prod?sslpassword=hunter2", "postgresql://db:5433/atmo_prod"),
        ("postgresql://user:hunter2@/atmo_prod?host=/run/postgresql", "postgresql:///run/postgresql:5432/atmo_prod"),
        ("postgresql://a,b/atmo_prod?password=hunter2", "postgresql://a,b:5432/atmo_prod"),
        ("sqlite:////srv/my%20data.sqlite3?mode=ro", "sqlite:////srv/my%20data.sqlite3"),
    ],
)
def test_address_has_no_credentials(url: str, address: str) -> None:
    """Plans and messages name the database without user and password."""
    connection.connect({"atmosphere": url}, application_name="tests")
    assert connection.address("atmosphere") == address


def test_reconnect_opens_a_new_session(postgresql: Urls) -> None:
    """After `reconnect`, the next read uses a new session."""
    first = scalar("SELECT pg_backend_pid()")
    connection.reconnect("atmosphere")
    assert scalar("SELECT pg_backend_pid()") != first


def test_close_ends_every_session(postgresql: Urls) -> None:
    """After `close`, the server has no session of this process."""
    scalar("SELECT 1")
    connection.close()
    with psycopg.connect(postgresql["troposphere"]) as session:
        rows = session.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = 'tests'").fetchall()
    assert rows == []


def test_existing_tables_are_kept(databases: Urls) -> None:
    """The creation of tables is refused in a database that already has some."""
    with pytest.raises(Refused, match=r"already has \w+ and 84 more"):
        connection.create_tables("atmosphere")


def _count_in_an_event_loop() -> int:
    """Query as a notebook's cell does, in a thread: a browser of other tests can leave a loop running in this one."""

    async def cell() -> int:
        return AtmosphereUser.objects.count()

    def run() -> int:
        try:
            return asyncio.run(cell())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


def test_query_works_inside_a_running_event_loop(sqlite: Urls) -> None:
    """A notebook kernel runs cells in an event loop, where Django rejects queries by default."""
    assert 0 == _count_in_an_event_loop()


def test_query_in_an_event_loop_fails_without_the_variable(sqlite: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above would fail if the package did not set the variable."""
    with monkeypatch.context() as without:
        without.delenv("DJANGO_ALLOW_ASYNC_UNSAFE")
        with pytest.raises(SynchronousOnlyOperation, match="async context"):
            _count_in_an_event_loop()


def test_sqlite_transaction_is_the_only_writer_from_its_beginning(sqlite: Urls) -> None:
    """No writer can come between compare and set: a second one waits before its first comparison."""
    with transaction.atomic(using="atmosphere"), connection.separate_connection("atmosphere") as second:
        second.ensure_connection()
        second.connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(OperationalError, match="locked"), second.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")


def test_each_model_uses_its_own_database(databases: Urls) -> None:
    """A row of one database can't refer to a row of the other."""
    router = connection.Router()
    ours, theirs = AtmosphereUser(pk=1), TroposphereUser(pk=1)
    assert (router.db_for_read(AtmosphereUser), router.db_for_write(TroposphereUser)) == DATABASES
    assert (router.allow_relation(ours, AtmosphereUser()), router.allow_relation(ours, theirs)) == (True, False)


def test_separate_connection_sees_only_committed_rows(postgresql: Urls) -> None:
    """`separate_connection` does not see an open transaction, and it is closed afterwards."""
    with transaction.atomic(using="atmosphere"):
        AtmosphereUser.objects.create(username="joetest")
        with connection.separate_connection("atmosphere") as second, second.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM atmosphere_user")
            assert cursor.fetchone() == (0,)
    assert second.connection is None
    assert AtmosphereUser.objects.count() == 1


def test_unknown_account_is_reported_as_login_error(postgresql: Urls) -> None:
    """The server responds but rejects the role, so it is not reported as unreachable."""
    stranger = postgresql["atmosphere"].replace("postgres@/", "a_stranger@/")
    connection.connect({"atmosphere": stranger}, application_name="tests")
    with pytest.raises(NotConnected, match="a_stranger") as caught, translate_errors("atmosphere"):
        Size.objects.count()
    assert "login" == caught.value.kind


def test_unreachable_server_is_reported_without_the_password(postgresql: Urls) -> None:
    """A wrong database name and a wrong socket folder raise NotConnected."""
    for wrong in ("postgresql://u:hunter2@/nowhere?host=/nonexistent", postgresql["atmosphere"].replace("@/", "@/no_")):
        connection.connect({"atmosphere": wrong}, application_name="tests")
        with pytest.raises(NotConnected) as caught, translate_errors("atmosphere"):
            Size.objects.count()
        assert "unreachable" == caught.value.kind
        assert "hunter2" not in str(caught.value)
