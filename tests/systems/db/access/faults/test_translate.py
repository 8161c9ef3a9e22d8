"""Errors of real databases, translated: the named objects, and the values that are never shown."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from runbook_lib.errors import CommitUnknown, NotConnected, Refused, SchemaDrift
from runbook_lib.model import Database
from runbook_lib.systems.db.access import connection
from runbook_lib.systems.db.access.faults import postgresql
from runbook_lib.systems.db.access.guard import translate_errors
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, StatusType, Tag
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser

if TYPE_CHECKING:
    from collections.abc import Callable


Urls = dict[Database, str]


def test_unique_violation_names_table_and_column(databases: Urls) -> None:
    """Neither message nor cause contains a value."""
    AtmosphereUser.objects.create(username="joetest", password="hunter2")
    with (
        pytest.raises(Refused, match="atmosphere_user already has a row with the same username") as caught,
        translate_errors(),
    ):
        AtmosphereUser.objects.create(username="joetest", password="hunter2")
    assert "joetest" not in str(caught.value) + str(caught.value.__cause__)


def test_joint_unique_violation_names_both_columns(databases: Urls) -> None:
    """Two columns that must be unique together are both named."""
    first = StatusType.objects.create(name="pending")
    with (
        pytest.raises(Refused, match="status_type already has a row with the same name and start_date"),
        translate_errors(),
    ):
        StatusType.objects.create(name="pending", start_date=first.start_date)


def test_null_violation_names_the_column(databases: Urls) -> None:
    """The row, which PostgreSQL repeats, is not shown."""
    with pytest.raises(Refused, match="atmosphere_user: email must have a value") as caught, translate_errors():
        AtmosphereUser.objects.create(username="joetest", password="hunter2", email=None)  # type: ignore[misc] # the mistake is meant
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_foreign_key_violation_at_the_commit_is_refused(databases: Urls) -> None:
    """A deferred constraint that fails at the commit is a refusal too."""
    with pytest.raises(Refused, match="would be missing"), translate_errors("atmosphere"):
        Tag.objects.create(name="lost", description="", user_id=999)


def test_foreign_key_violation_at_an_early_check_names_the_column(databases: Urls) -> None:
    """In a rehearsal, both databases name table and column but no value."""
    with transaction.atomic(using="atmosphere"):
        Tag.objects.create(name="lost", description="", user_id=98765)
        with (
            pytest.raises(Refused, match="atmosphere tag: the row that user_id refers to would") as caught,
            translate_errors(),
        ):
            connections["atmosphere"].check_constraints()
        transaction.set_rollback(True, using="atmosphere")
    assert "98765" not in str(caught.value) + str(caught.value.__cause__)


def test_too_long_value_is_refused_without_the_value(postgresql: Urls) -> None:
    """PostgreSQL enforces lengths; the message contains the type."""
    with pytest.raises(Refused, match=r"too long for type character varying\(128\)") as caught, translate_errors():
        Tag.objects.create(name="hunter2" * 40, description="")
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_value_of_another_type_is_not_shown(postgresql: Urls) -> None:
    """PostgreSQL repeats a value that it can't parse; the message does not."""
    with pytest.raises(Refused, match="does not fit its column") as caught, translate_errors():
        AtmosphereUser.objects.extra(where=["id = 'hunter2'"]).count()
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_number_out_of_range_is_refused(postgresql: Urls) -> None:
    """A number with too many digits is refused."""
    with (
        pytest.raises(Refused, match="does not fit its column"),
        translate_errors(),
        connections["atmosphere"].cursor() as c,
    ):
        c.execute("SELECT (10::numeric ^ 30)::numeric(14, 0)")


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("ALTER TABLE tag DROP COLUMN description", ("tag.description",)),
        ("ALTER TABLE tag RENAME TO label", ("tag",)),
    ],
)
def test_only_the_missing_object_of_the_query_is_named(change: str, missing: tuple[str, ...], databases: Urls) -> None:
    """A read of another release's table names only the object that it needs, in a transaction too."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute(change)
        cursor.execute("ALTER TABLE quota DROP COLUMN port_count")
    with pytest.raises(SchemaDrift) as caught, translate_errors(), transaction.atomic(using="atmosphere"):
        list(Tag.objects.all())
    assert caught.value.missing == missing
    with pytest.raises(SchemaDrift), translate_errors():
        Tag.objects.create(name="x", description="")


def test_defect_in_own_sql_is_not_translated(databases: Urls) -> None:
    """If nothing is missing, an unknown name is a defect and not a schema drift."""
    with pytest.raises(Exception, match="nowhere") as caught, translate_errors("atmosphere"):
        connections["atmosphere"].cursor().execute("SELECT 1 FROM nowhere")
    assert not isinstance(caught.value, SchemaDrift)


def test_missing_permission_names_table_and_role(postgresql: Urls, become: Callable[[str], str]) -> None:
    """The message names the table that the role can't write, and the next step the permission to ask for."""
    role = become("reader")
    assert Tag.objects.count() == 0
    with (
        pytest.raises(Refused, match=f"the role {role} has no permission for this action on atmosphere tag") as caught,
        translate_errors(),
    ):
        Tag.objects.create(name="x", description="")
    assert "ask the database administrator" in caught.value.next_step


def test_role_with_write_permission_can_write(postgresql: Urls, become: Callable[[str], str]) -> None:
    """The application's own rights are sufficient."""
    become("writer")
    assert Tag.objects.create(name="x", description="").pk == 1


def test_read_only_server_is_refused_with_a_next_step(postgresql: Urls) -> None:
    """The next step for a standby or a read-only session names the server to connect to."""
    url = postgresql["atmosphere"] + "&options=-c%20default_transaction_read_only%3Don"
    connection.connect({"atmosphere": url}, application_name="tests")
    with pytest.raises(Refused, match="can't be written through postgresql:") as caught, translate_errors():
        Tag.objects.create(name="x", description="")
    assert "primary server" in caught.value.next_step


def test_holder_of_a_lock_is_named(postgresql: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names the session that blocks the row, not one that locks other rows of the table."""
    monkeypatch.setattr(connection, "LOCK_SECONDS", 1)
    for username in ("joetest", "other"):
        AtmosphereUser.objects.create(username=username)
    with contextlib.ExitStack() as stack:
        for name, username in (("celery worker 7", "joetest"), ("innocent", "other")):
            holder = stack.enter_context(connection.separate_connection("atmosphere"))
            cursor = stack.enter_context(holder.cursor())
            cursor.execute("SELECT set_config('application_name', %s, false)", [name])
            cursor.execute("BEGIN")
            cursor.execute("UPDATE atmosphere_user SET last_name = 'x' WHERE username = %s", [username])
        with connections["atmosphere"].cursor() as ours:
            ours.execute("SET lock_timeout = '2s'")
        with (
            pytest.raises(Refused, match="changing atmosphere atmosphere_user") as caught,
            translate_errors(),
            transaction.atomic(using="atmosphere"),
        ):
            AtmosphereUser.objects.filter(username="joetest").update(is_staff=True)

    assert re.search(r"atmosphere_user: celery worker 7 \(process \d+\); waited", caught.value.what)
    assert "innocent" not in caught.value.what


def test_locked_sqlite_file_is_refused(sqlite: Urls) -> None:
    """SQLite can't name the other session; the message says that there is one."""
    with connection.separate_connection("atmosphere") as other:
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
        with connections["atmosphere"].cursor() as ours:
            ours.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(Refused, match="another session is changing atmosphere"), translate_errors():
            Tag.objects.create(name="x", description="")


def test_slow_statement_is_reported_with_the_time_limit(postgresql: Urls) -> None:
    """The message says that a time limit stopped the statement."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
        with pytest.raises(Refused, match="took longer than"), translate_errors():
            cursor.execute("SELECT pg_sleep(5)")


def test_lost_session_is_reported_and_replaced_at_the_next_use(postgresql: Urls, shell: Callable[[str], None]) -> None:
    """A server restart does not require a restart of the notebook kernel."""
    assert Tag.objects.count() == 0
    shell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    with (
        pytest.raises(NotConnected, match="the atmosphere database cannot be reached at postgresql:"),
        translate_errors(),
    ):
        Tag.objects.count()
    assert Tag.objects.count() == 0


def test_session_lost_during_the_commit_leaves_the_outcome_unknown(
    postgresql: Urls, shell: Callable[[str], None]
) -> None:
    """The commit may have reached the server, so nothing says that there was no change."""
    atomic = transaction.atomic(using="atmosphere")
    atomic.__enter__()
    Tag.objects.create(name="x", description="")
    shell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    with pytest.raises(CommitUnknown), translate_errors():
        atomic.__exit__(None, None, None)


def test_database_of_an_error_is_named_without_an_argument(sqlite: Urls) -> None:
    """Without an argument, the error's own database is named; `translate_errors` also works as a decorator."""

    @translate_errors()
    def twice() -> None:
        TroposphereUser.objects.create(username="joetest")
        TroposphereUser.objects.create(username="joetest")

    with pytest.raises(Refused, match="troposphere troposphere_user"):
        twice()


def test_other_errors_pass_unchanged(sqlite: Urls) -> None:
    """Errors of other kinds, or without a connection, are not translated."""
    with pytest.raises(KeyError), translate_errors():
        raise KeyError
    with pytest.raises(IntegrityError), translate_errors():
        raise IntegrityError
    with pytest.raises(ProgrammingError), translate_errors("atmosphere"):
        raise ProgrammingError


def test_full_disk_of_sqlite_is_refused(sqlite: Urls) -> None:
    """The error of SQLite has its own result code."""
    connection.connect(sqlite, application_name="tests")
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
    with pytest.raises(Refused, match="no space is left on the disk of the atmosphere database"), translate_errors():
        Tag.objects.bulk_create(Tag(name=f"tag {number}", description="x" * 4000) for number in range(100))


def test_garbled_message_is_not_connected() -> None:
    """Its class is that of the driver's base, without a code."""
    error = psycopg.DatabaseError("message contents do not agree with length in message type")

    fault = postgresql.classify(error)

    assert fault
    assert "unreachable" == fault.kind
    assert postgresql.classify(psycopg.ProgrammingError("x")) is None
