"""Only reads while a plan is made, and database errors in our words, each from the real database."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from runbook_lib.changes import Database
from runbook_lib.db import connection
from runbook_lib.db.atmosphere.models import (
    AtmosphereUser,
    Instance,
    StatusType,
    Tag,
    Volume,
)
from runbook_lib.db.guard import WriteRefused, refuse_writes, translated
from runbook_lib.db.sql_reads import only_reads
from runbook_lib.db.troposphere.models import TroposphereUser
from runbook_lib.errors import CommitUnknown, NotConnected, Refused, SchemaDrift

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.postgres import PostgreSQL

Urls = dict[Database, str]
READS = [
    'SELECT COUNT(*) AS "__count" FROM "tag"',
    'SELECT "tag"."name" FROM "tag" WHERE UPPER("tag"."name"::text) LIKE UPPER(%s) ORDER BY 1 LIMIT 21;',
    "SELECT 'delete from tag; -- ' || name FROM tag",
    "SELECT E'it\\'s; update' AS x",
    'SELECT "update" FROM "delete" WHERE "into" IN (SELECT (1))',
    "SELECT REPLACE(name, 'a', 'b') FROM tag -- update\n",
    "/* delete */ SELECT django_date_trunc('day', %s, %s, %s)",
    "WITH t AS (SELECT 1 AS x) SELECT x FROM t",
    "EXPLAIN SELECT 1",
    "SHOW lock_timeout",
    "PRAGMA table_info(tag)",
    "SELECT c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c",
    "PRAGMA foreign_key_check",
    "BEGIN IMMEDIATE",
    'SAVEPOINT "s1"',
    'RELEASE SAVEPOINT "s1"',
    "ROLLBACK",
    "SET CONSTRAINTS ALL IMMEDIATE",
]
WRITES = [
    "",
    "UPDATE tag SET name = 'x'",
    "  -- a comment\n DELETE FROM tag",
    "INSERT INTO tag VALUES (1)",
    "WITH gone AS (DELETE FROM tag RETURNING *) SELECT * FROM gone",
    "EXPLAIN ANALYZE UPDATE tag SET name = 'x'",
    "SELECT * FROM tag FOR UPDATE",
    "SELECT * FROM tag FOR NO KEY UPDATE SKIP LOCKED",
    "SELECT * FROM tag FOR SHARE",
    "SELECT * FROM tag FOR KEY SHARE",
    "SELECT * INTO copy_of_tag FROM tag",
    "SELECT nextval('tag_id_seq')",
    "SELECT \"nextval\"('tag_id_seq')",
    "SELECT pg_catalog.setval('tag_id_seq', 1)",
    "SELECT ARRAY[nextval('tag_id_seq')]",
    "SELECT set_config('role', 'postgres', false)",
    "SELECT pg_terminate_backend(1)",
    "SELECT 1; DELETE FROM tag",
    "SELECT '\\'; DELETE FROM tag --'",
    "SELECT 1 /* open */; DROP TABLE tag",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA foreign_keys(0)",
    "PRAGMA writable_schema",
    "SELECT * FROM pragma_writable_schema(1)",
    "SET lock_timeout = 0",
    "COMMIT PREPARED 'other'",
    "REPLACE INTO tag VALUES (1)",
    "CREATE TABLE x (y int)",
    "VACUUM",
    "DO $$ BEGIN DELETE FROM tag; END $$",
    "COPY tag TO '/tmp/x'",
    "TRUNCATE tag",
    "LOCK TABLE tag",
    "CALL f()",
]


@pytest.mark.parametrize("sql", READS)
def test_statements_that_read(sql: str) -> None:
    """These pass while a plan is made."""
    assert only_reads(sql)


@pytest.mark.parametrize("sql", WRITES)
def test_statements_that_do_not_only_read(sql: str) -> None:
    """These are refused: they change rows, locks, sequences or the session, or might."""
    assert not only_reads(sql)


def test_reads_pass_and_writes_are_refused(databases: Urls) -> None:
    """Under the guard the models can be read in every usual way; a write fails before the database sees it."""
    user = AtmosphereUser.objects.create(username="joetest")
    with refuse_writes():
        query = Instance.objects.filter(source__provider__location__icontains="cloud", start_date__year=2020)
        assert list(query.exclude(id__in=Volume.objects.values("pk")).order_by("-start_date").distinct()) == []
        with pytest.raises(WriteRefused, match='atmosphere is only read; refused: UPDATE "atmosphere_user"'):
            AtmosphereUser.objects.filter(pk=user.pk).update(is_staff=True)
        with pytest.raises(WriteRefused):
            user.delete()
        with pytest.raises(WriteRefused):
            TroposphereUser.objects.create(username="joetest")
        with transaction.atomic(using="atmosphere"), transaction.atomic(using="atmosphere"):
            assert not AtmosphereUser.objects.get().is_staff
    AtmosphereUser.objects.update(is_staff=True)
    assert AtmosphereUser.objects.get().is_staff


def test_a_lock_is_refused(postgresql: Urls) -> None:
    """A plan must not hold up Atmosphere by locking rows."""
    with refuse_writes(), transaction.atomic(using="atmosphere"), pytest.raises(WriteRefused, match="FOR UPDATE"):
        list(Tag.objects.select_for_update())


def test_connections_opened_under_the_guard_are_guarded(databases: Urls) -> None:
    """Reconnecting, re-pointing, a second connection and another thread are no way round it."""
    seen: list[BaseException] = []

    def elsewhere() -> None:
        try:
            Tag.objects.create(name="x", description="")
        except WriteRefused as error:
            seen.append(error)
        finally:
            connection.close()

    with refuse_writes():
        connection.fresh("atmosphere")
        with pytest.raises(WriteRefused):
            Tag.objects.create(name="x", description="")
        connection.connect(databases, application_name="tests")
        with pytest.raises(WriteRefused):
            Tag.objects.create(name="x", description="")
        with connection.of_its_own("atmosphere") as second, second.cursor() as cursor, pytest.raises(WriteRefused):
            cursor.execute("DELETE FROM tag")
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert [type(error) for error in seen] == [WriteRefused]
    assert Tag.objects.count() == 0


def test_the_guard_ends_with_the_outermost_block(sqlite: Urls) -> None:
    """Nested guards hold until the last is left, also when one is left by an error."""
    with refuse_writes():
        with pytest.raises(ZeroDivisionError), refuse_writes():
            raise ZeroDivisionError
        with pytest.raises(WriteRefused):
            Tag.objects.create(name="x", description="")
    assert Tag.objects.create(name="x", description="").pk == 1


def test_a_refused_statement_shows_no_value(sqlite: Urls) -> None:
    """The message has the statement, and its values are not in it."""
    with refuse_writes(), pytest.raises(WriteRefused) as caught:
        AtmosphereUser.objects.create(username="joetest", password="hunter2")
    assert "hunter2" not in str(caught.value)


def test_a_row_that_is_there_already(databases: Urls) -> None:
    """A violated unique names table and column, and neither message nor cause holds a value."""
    AtmosphereUser.objects.create(username="joetest", password="hunter2")
    with (
        pytest.raises(Refused, match="atmosphere_user has a row with the same username already") as caught,
        translated(),
    ):
        AtmosphereUser.objects.create(username="joetest", password="hunter2")
    assert "joetest" not in str(caught.value) + str(caught.value.__cause__)


def test_a_joint_unique_names_both_columns(databases: Urls) -> None:
    """Two columns that must be unique together are both named."""
    first = StatusType.objects.create(name="pending")
    with pytest.raises(Refused, match="status_type has a row with the same name and start_date already"), translated():
        StatusType.objects.create(name="pending", start_date=first.start_date)


def test_an_empty_value_where_none_may_be(databases: Urls) -> None:
    """A violated NOT NULL names the column; the row, which PostgreSQL repeats, is not shown."""
    with pytest.raises(Refused, match="atmosphere_user: email must have a value") as caught, translated():
        AtmosphereUser.objects.create(username="joetest", password="hunter2", email=None)  # type: ignore[misc] # the mistake is meant
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_a_row_that_points_nowhere(databases: Urls) -> None:
    """A foreign key that speaks at the commit is a refusal too."""
    with pytest.raises(Refused, match="would be missing"), translated("atmosphere"):
        Tag.objects.create(name="lost", description="", user_id=999)


def test_a_foreign_key_is_named_when_it_is_checked_early(databases: Urls) -> None:
    """In a rehearsal the table and column are named on both databases; no value is."""
    with transaction.atomic(using="atmosphere"):
        Tag.objects.create(name="lost", description="", user_id=98765)
        with pytest.raises(Refused, match="atmosphere tag: a row that user_id joins would") as caught, translated():
            connections["atmosphere"].check_constraints()
        transaction.set_rollback(True, using="atmosphere")
    assert "98765" not in str(caught.value) + str(caught.value.__cause__)


def test_a_value_that_is_too_long(postgresql: Urls) -> None:
    """PostgreSQL enforces lengths; the type is named, the value is not."""
    with pytest.raises(Refused, match=r"too long for type character varying\(128\)") as caught, translated():
        Tag.objects.create(name="hunter2" * 40, description="")
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_a_value_of_another_type_is_not_shown(postgresql: Urls) -> None:
    """PostgreSQL repeats a value that it can't read; we don't."""
    with pytest.raises(Refused, match="does not fit its column") as caught, translated():
        AtmosphereUser.objects.extra(where=["id = 'hunter2'"]).count()
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_a_number_out_of_range(postgresql: Urls) -> None:
    """A number with too many digits is refused."""
    with pytest.raises(Refused, match="does not fit its column"), translated(), connections["atmosphere"].cursor() as c:
        c.execute("SELECT (10::numeric ^ 30)::numeric(14, 0)")


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("ALTER TABLE tag DROP COLUMN description", ("tag.description",)),
        ("ALTER TABLE tag RENAME TO label", ("tag",)),
    ],
)
def test_what_is_missing_is_named_and_nothing_else(change: str, missing: tuple[str, ...], databases: Urls) -> None:
    """A read of a table of another release names exactly what it stumbled over, in a transaction too."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute(change)
        cursor.execute("ALTER TABLE quota DROP COLUMN port_count")
    with pytest.raises(SchemaDrift) as caught, translated(), transaction.atomic(using="atmosphere"):
        list(Tag.objects.all())
    assert caught.value.missing == missing
    with pytest.raises(SchemaDrift), translated():
        Tag.objects.create(name="x", description="")


def test_a_mistake_in_our_own_sql_stays_what_it_is(databases: Urls) -> None:
    """When nothing is missing, an unknown name is our defect and no drift."""
    with pytest.raises(Exception, match="nowhere") as caught, translated("atmosphere"):
        connections["atmosphere"].cursor().execute("SELECT 1 FROM nowhere")
    assert not isinstance(caught.value, SchemaDrift)


def test_a_missing_permission_names_table_and_role(postgresql: Urls, become: Callable[[str], str]) -> None:
    """A role that may only read is told which table it may not write, and what to ask for."""
    role = become("reader")
    assert Tag.objects.count() == 0
    with pytest.raises(Refused, match=f"the role {role} may not do this to atmosphere tag") as caught, translated():
        Tag.objects.create(name="x", description="")
    assert "ask the database's administrator" in caught.value.next_step


def test_a_role_that_may_write_can(postgresql: Urls, become: Callable[[str], str]) -> None:
    """The application's own rights are enough."""
    become("writer")
    assert Tag.objects.create(name="x", description="").pk == 1


def test_a_read_only_server_is_a_refusal(postgresql: Urls) -> None:
    """A standby, or a session that is read-only, says where to connect instead."""
    url = postgresql["atmosphere"] + "&options=-c%20default_transaction_read_only%3Don"
    connection.connect({"atmosphere": url}, application_name="tests")
    with pytest.raises(Refused, match="can't be written through postgresql:") as caught, translated():
        Tag.objects.create(name="x", description="")
    assert "primary server" in caught.value.next_step


def test_who_holds_the_lock_is_named(postgresql: Urls, server: PostgreSQL) -> None:
    """Waiting for a row ends, and the refusal names the other session by its application."""
    AtmosphereUser.objects.create(username="joetest")
    url = postgresql["atmosphere"] + "&options=-c%20lock_timeout%3D100ms"
    with connection.of_its_own("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("SET application_name = 'celery worker 7'")
        cursor.execute("BEGIN")
        cursor.execute("UPDATE atmosphere_user SET last_name = 'x'")
        connection.connect({"atmosphere": url}, application_name="tests")
        with connections["atmosphere"].cursor() as ours:
            ours.execute("SET lock_timeout = '100ms'")
        with pytest.raises(Refused, match=r"atmosphere_user: celery worker 7 \(process \d+\)"), translated():
            AtmosphereUser.objects.update(is_staff=True)
        cursor.execute("ROLLBACK")


def test_a_locked_file_is_a_refusal(sqlite: Urls) -> None:
    """On SQLite nobody can be named, but it is said that somebody else writes."""
    with connection.of_its_own("atmosphere") as other:
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
        with connections["atmosphere"].cursor() as ours:
            ours.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(Refused, match="somebody else is changing atmosphere"), translated():
            Tag.objects.create(name="x", description="")


def test_a_statement_that_takes_too_long(postgresql: Urls) -> None:
    """A time limit that ended a statement is said as such."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
        with pytest.raises(Refused, match="took longer than"), translated():
            cursor.execute("SELECT pg_sleep(5)")


def test_a_lost_session_is_not_connected_and_the_next_use_is_a_new_one(
    postgresql: Urls, shell: Callable[[str], None]
) -> None:
    """A server that restarted while a notebook was open is no reason to restart the kernel."""
    assert Tag.objects.count() == 0
    shell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    with pytest.raises(NotConnected, match="the atmosphere database cannot be reached at postgresql:"), translated():
        Tag.objects.count()
    assert Tag.objects.count() == 0


def test_a_session_lost_during_the_commit_leaves_the_outcome_unknown(
    postgresql: Urls, shell: Callable[[str], None]
) -> None:
    """It would be a lie to say that nothing was changed: the commit may have arrived."""
    atomic = transaction.atomic(using="atmosphere")
    atomic.__enter__()
    Tag.objects.create(name="x", description="")
    shell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    with pytest.raises(CommitUnknown), translated():
        atomic.__exit__(None, None, None)


def test_the_database_is_found_by_itself_or_taken_as_given(sqlite: Urls) -> None:
    """Without a name the error's own database is named; `translated` also decorates."""

    @translated()
    def twice() -> None:
        TroposphereUser.objects.create(username="joetest")
        TroposphereUser.objects.create(username="joetest")

    with pytest.raises(Refused, match="troposphere troposphere_user"):
        twice()


def test_other_errors_pass(sqlite: Urls) -> None:
    """What is no database error, or was raised by nobody's connection, is left alone."""
    with pytest.raises(KeyError), translated():
        raise KeyError
    with pytest.raises(IntegrityError), translated():
        raise IntegrityError
    with pytest.raises(ProgrammingError), translated("atmosphere"):
        raise ProgrammingError
