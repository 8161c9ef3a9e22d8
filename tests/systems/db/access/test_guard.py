"""The write guard: only reads reach a database during a plan, in every thread and on every connection."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from runbook_lib.errors import WriteRefused
from runbook_lib.model import Database
from runbook_lib.systems.db.access import connection
from runbook_lib.systems.db.access.guard import refuse_writes
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser, Instance, Tag, Volume
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser

Urls = dict[Database, str]


def test_reads_pass_and_writes_are_refused(databases: Urls) -> None:
    """Under the guard, every usual read works, and a write fails before the database receives it."""
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


def test_row_lock_is_refused(postgresql: Urls) -> None:
    """A plan must not block Atmosphere with row locks."""
    with refuse_writes(), transaction.atomic(using="atmosphere"), pytest.raises(WriteRefused, match="FOR UPDATE"):
        list(Tag.objects.select_for_update())


def test_new_connections_are_guarded(databases: Urls) -> None:
    """Reconnection, another URL, a second connection and another thread do not bypass the guard."""
    errors: list[BaseException] = []

    def write_in_thread() -> None:
        try:
            Tag.objects.create(name="x", description="")
        except WriteRefused as error:
            errors.append(error)
        finally:
            connection.close()

    with refuse_writes():
        connection.reconnect("atmosphere")
        with pytest.raises(WriteRefused):
            Tag.objects.create(name="x", description="")
        connection.connect(databases, application_name="tests")
        with pytest.raises(WriteRefused):
            Tag.objects.create(name="x", description="")
        with (
            connection.separate_connection("atmosphere") as second,
            second.cursor() as cursor,
            pytest.raises(WriteRefused),
        ):
            cursor.execute("DELETE FROM tag")
        thread = threading.Thread(target=write_in_thread)
        thread.start()
        thread.join()
    assert [type(error) for error in errors] == [WriteRefused]
    assert Tag.objects.count() == 0


def test_guard_ends_with_the_outermost_block(sqlite: Urls) -> None:
    """Nested guards apply until the last block ends, even if a block ends with an error."""
    with refuse_writes():
        with pytest.raises(ZeroDivisionError), refuse_writes():
            raise ZeroDivisionError
        with pytest.raises(WriteRefused):
            Tag.objects.create(name="x", description="")
    assert Tag.objects.create(name="x", description="").pk == 1


def test_refused_statement_shows_no_value(sqlite: Urls) -> None:
    """The message contains the statement without its values."""
    with refuse_writes(), pytest.raises(WriteRefused) as caught:
        AtmosphereUser.objects.create(username="joetest", password="hunter2")
    assert "hunter2" not in str(caught.value)
