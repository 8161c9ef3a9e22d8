"""Errors of the database in our words: what is named, what is never shown; each from the real database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, ProgrammingError, connections, transaction

from runbook_lib.errors import CommitUnknown, NotConnected, Refused, SchemaDrift
from runbook_lib.model import Database
from runbook_lib.systems.db.access import connection
from runbook_lib.systems.db.access.guard import translate_errors
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, StatusType, Tag
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.services.postgres import PostgreSQL

Urls = dict[Database, str]


def test_a_row_that_is_there_already(databases: Urls) -> None:
    """A violated unique names table and column, and neither message nor cause holds a value."""
    AtmosphereUser.objects.create(username="joetest", password="hunter2")
    with (
        pytest.raises(Refused, match="atmosphere_user already has a row with the same username") as caught,
        translate_errors(),
    ):
        AtmosphereUser.objects.create(username="joetest", password="hunter2")
    assert "joetest" not in str(caught.value) + str(caught.value.__cause__)


def test_a_joint_unique_names_both_columns(databases: Urls) -> None:
    """Two columns that must be unique together are both named."""
    first = StatusType.objects.create(name="pending")
    with (
        pytest.raises(Refused, match="status_type already has a row with the same name and start_date"),
        translate_errors(),
    ):
        StatusType.objects.create(name="pending", start_date=first.start_date)


def test_an_empty_value_where_none_may_be(databases: Urls) -> None:
    """A violated NOT NULL names the column; the row, which PostgreSQL repeats, is not shown."""
    with pytest.raises(Refused, match="atmosphere_user: email must have a value") as caught, translate_errors():
        AtmosphereUser.objects.create(username="joetest", password="hunter2", email=None)  # type: ignore[misc] # the mistake is meant
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_a_row_that_points_nowhere(databases: Urls) -> None:
    """A foreign key that speaks at the commit is a refusal too."""
    with pytest.raises(Refused, match="would be missing"), translate_errors("atmosphere"):
        Tag.objects.create(name="lost", description="", user_id=999)


def test_a_foreign_key_is_named_when_it_is_checked_early(databases: Urls) -> None:
    """In a rehearsal the table and column are named on both databases; no value is."""
    with transaction.atomic(using="atmosphere"):
        Tag.objects.create(name="lost", description="", user_id=98765)
        with (
            pytest.raises(Refused, match="atmosphere tag: the row that user_id refers to would") as caught,
            translate_errors(),
        ):
            connections["atmosphere"].check_constraints()
        transaction.set_rollback(True, using="atmosphere")
    assert "98765" not in str(caught.value) + str(caught.value.__cause__)


def test_a_value_that_is_too_long(postgresql: Urls) -> None:
    """PostgreSQL enforces lengths; the type is named, the value is not."""
    with pytest.raises(Refused, match=r"too long for type character varying\(128\)") as caught, translate_errors():
        Tag.objects.create(name="hunter2" * 40, description="")
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_a_value_of_another_type_is_not_shown(postgresql: Urls) -> None:
    """PostgreSQL repeats a value that it can't read; we don't."""
    with pytest.raises(Refused, match="does not fit its column") as caught, translate_errors():
        AtmosphereUser.objects.extra(where=["id = 'hunter2'"]).count()
    assert "hunter2" not in str(caught.value) + str(caught.value.__cause__)


def test_a_number_out_of_range(postgresql: Urls) -> None:
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
def test_what_is_missing_is_named_and_nothing_else(change: str, missing: tuple[str, ...], databases: Urls) -> None:
    """A read of a table of another release names exactly what it stumbled over, in a transaction too."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute(change)
        cursor.execute("ALTER TABLE quota DROP COLUMN port_count")
    with pytest.raises(SchemaDrift) as caught, translate_errors(), transaction.atomic(using="atmosphere"):
        list(Tag.objects.all())
    assert caught.value.missing == missing
    with pytest.raises(SchemaDrift), translate_errors():
        Tag.objects.create(name="x", description="")


def test_a_mistake_in_our_own_sql_stays_what_it_is(databases: Urls) -> None:
    """When nothing is missing, an unknown name is our defect and no drift."""
    with pytest.raises(Exception, match="nowhere") as caught, translate_errors("atmosphere"):
        connections["atmosphere"].cursor().execute("SELECT 1 FROM nowhere")
    assert not isinstance(caught.value, SchemaDrift)


def test_a_missing_permission_names_table_and_role(postgresql: Urls, become: Callable[[str], str]) -> None:
    """A role that may only read is told which table it may not write, and what to ask for."""
    role = become("reader")
    assert Tag.objects.count() == 0
    with (
        pytest.raises(Refused, match=f"the role {role} has no permission for this action on atmosphere tag") as caught,
        translate_errors(),
    ):
        Tag.objects.create(name="x", description="")
    assert "ask the database administrator" in caught.value.next_step


def test_a_role_that_may_write_can(postgresql: Urls, become: Callable[[str], str]) -> None:
    """The application's own rights are enough."""
    become("writer")
    assert Tag.objects.create(name="x", description="").pk == 1


def test_a_read_only_server_is_a_refusal(postgresql: Urls) -> None:
    """A standby, or a session that is read-only, says where to connect instead."""
    url = postgresql["atmosphere"] + "&options=-c%20default_transaction_read_only%3Don"
    connection.connect({"atmosphere": url}, application_name="tests")
    with pytest.raises(Refused, match="can't be written through postgresql:") as caught, translate_errors():
        Tag.objects.create(name="x", description="")
    assert "primary server" in caught.value.next_step


def test_who_holds_the_lock_is_named(postgresql: Urls, server: PostgreSQL) -> None:
    """Waiting for a row ends, and the refusal names the other session by its application."""
    AtmosphereUser.objects.create(username="joetest")
    url = postgresql["atmosphere"] + "&options=-c%20lock_timeout%3D100ms"
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("SET application_name = 'celery worker 7'")
        cursor.execute("BEGIN")
        cursor.execute("UPDATE atmosphere_user SET last_name = 'x'")
        connection.connect({"atmosphere": url}, application_name="tests")
        with connections["atmosphere"].cursor() as ours:
            ours.execute("SET lock_timeout = '100ms'")
        with pytest.raises(Refused, match=r"atmosphere_user: celery worker 7 \(process \d+\)"), translate_errors():
            AtmosphereUser.objects.update(is_staff=True)
        cursor.execute("ROLLBACK")


def test_a_locked_file_is_a_refusal(sqlite: Urls) -> None:
    """On SQLite nobody can be named, but it is said that somebody else writes."""
    with connection.separate_connection("atmosphere") as other:
        with other.cursor() as cursor:
            cursor.execute("BEGIN IMMEDIATE")
        with connections["atmosphere"].cursor() as ours:
            ours.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(Refused, match="another session is changing atmosphere"), translate_errors():
            Tag.objects.create(name="x", description="")


def test_a_statement_that_takes_too_long(postgresql: Urls) -> None:
    """A time limit that ended a statement is said as such."""
    with connections["atmosphere"].cursor() as cursor:
        cursor.execute("SET statement_timeout = '50ms'")
        with pytest.raises(Refused, match="took longer than"), translate_errors():
            cursor.execute("SELECT pg_sleep(5)")


def test_a_lost_session_is_not_connected_and_the_next_use_is_a_new_one(
    postgresql: Urls, shell: Callable[[str], None]
) -> None:
    """A server that restarted while a notebook was open is no reason to restart the kernel."""
    assert Tag.objects.count() == 0
    shell("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tests'")
    with (
        pytest.raises(NotConnected, match="the atmosphere database cannot be reached at postgresql:"),
        translate_errors(),
    ):
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
    with pytest.raises(CommitUnknown), translate_errors():
        atomic.__exit__(None, None, None)


def test_the_database_is_found_by_itself_or_taken_as_given(sqlite: Urls) -> None:
    """Without a name the error's own database is named; `translate_errors` also decorates."""

    @translate_errors()
    def twice() -> None:
        TroposphereUser.objects.create(username="joetest")
        TroposphereUser.objects.create(username="joetest")

    with pytest.raises(Refused, match="troposphere troposphere_user"):
        twice()


def test_other_errors_pass(sqlite: Urls) -> None:
    """What is no database error, or was raised by nobody's connection, is left alone."""
    with pytest.raises(KeyError), translate_errors():
        raise KeyError
    with pytest.raises(IntegrityError), translate_errors():
        raise IntegrityError
    with pytest.raises(ProgrammingError), translate_errors("atmosphere"):
        raise ProgrammingError
