"""Row changes on a real database: compared, locked, written, read back, and taken back."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from runbook_lib.changes import Change, Json, RowChange, RowDelete, RowExpect, RowInsert, RowUpdate, Sealed
from runbook_lib.db import columns, connection, edits, passwords
from runbook_lib.db.atmosphere.models import (
    AllocationSourceSnapshot,
    Application,
    ApplicationBookmark,
    ApplicationVersion,
    AtmosphereUser,
    EventTable,
    Instance,
    Provider,
    UserProfile,
)
from runbook_lib.errors import Refused, StalePlan
from runbook_lib.fixture import dump

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import Model

    from runbook_lib.world import World

PASSWORD = "correct horse battery"


def user(name: str = "joetest") -> AtmosphereUser:
    """Return a user as the database has it now."""
    return AtmosphereUser.objects.get(username=name)


def write(world: World, changes: Sequence[RowChange | RowExpect], *, commit: bool = True) -> tuple[RowChange, ...]:
    """Lock, compare and write changes in one transaction, and commit them; return them as they were written."""
    with world.rows("atmosphere").transaction() as transaction:
        transaction.lock(changes)
        written = tuple(transaction.write(change) for change in changes if not isinstance(change, RowExpect))
        transaction.check_constraints()
        if commit:
            transaction.commit()
    return written


def one(changes: Sequence[RowChange]) -> RowChange:
    """Return the only change."""
    assert 1 == len(changes)
    return changes[0]


def inverse(change: Change) -> RowChange:
    """Return the change that takes a row change back."""
    found = change.inverse()
    assert isinstance(found, RowUpdate | RowInsert | RowDelete)
    return found


def elsewhere(sql: str, *values: str | int) -> None:
    """Run a statement on a second connection and commit it, as another program would."""
    with connection.of_its_own("atmosphere") as other, other.cursor() as cursor:
        cursor.execute(sql, values)


def test_an_update_is_written_read_back_and_taken_back(world: World) -> None:
    """After the change the row holds the new values, after the inverse the old ones; nothing else moved."""
    before = dump.dump()
    change = one(edits.update(user(), is_staff=True, first_name="J"))
    assert not world.rows("atmosphere").holds(change)

    written = one(write(world, [change]))
    assert written == change
    assert world.rows("atmosphere").holds(written)
    assert (True, "J") == (user().is_staff, user().first_name)

    write(world, [inverse(written)])
    assert before == dump.dump()


def test_what_is_not_committed_is_rolled_back(world: World) -> None:
    """A rehearsal writes and leaves nothing."""
    before = dump.dump()

    write(world, edits.update(user(), is_staff=True), commit=False)

    assert before == dump.dump()


def test_an_error_inside_rolls_back(world: World) -> None:
    """Whatever happens before the commit, nothing is changed, and the next transaction works."""
    before = dump.dump()
    change = one(edits.update(user(), is_staff=True))

    def fail_halfway() -> None:
        with world.rows("atmosphere").transaction() as transaction:
            transaction.lock([change])
            transaction.write(change)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()

    assert before == dump.dump()
    write(world, [change])
    assert user().is_staff


@pytest.mark.parametrize("now", ["K", ""])
def test_a_row_that_moved_is_named_with_column_planned_and_present_value(world: World, now: str) -> None:
    """The plan is stale: the message has everything, and nothing was written."""
    change = one(edits.update(user(), is_staff=True, first_name="J"))
    elsewhere("UPDATE atmosphere_user SET first_name = %s WHERE username = 'joetest'", now)

    with pytest.raises(StalePlan) as caught:
        write(world, [change])

    error = caught.value
    assert (f"atmosphere atmosphere_user:{user().pk}", "first_name") == (error.target, error.column)
    assert ("Fixture", now) == (error.planned, error.now)
    assert not user().is_staff


def test_the_comparison_is_in_the_statement_itself(world: World) -> None:
    """Even without the lock, an update never overwrites a value that the plan did not see."""
    change = one(edits.update(user(), first_name="J"))
    elsewhere("UPDATE atmosphere_user SET first_name = 'K' WHERE username = 'joetest'")

    with (
        pytest.raises(StalePlan, match="'Fixture' when the plan was made and is 'K' now"),
        world.rows("atmosphere").transaction() as transaction,
    ):
        transaction.write(change)
    assert "K" == user().first_name


def test_another_column_of_the_row_is_not_overwritten(world: World) -> None:
    """A program that changed another column in between keeps its change: only planned columns are written."""
    change = one(edits.update(user(), is_staff=True))
    elsewhere("UPDATE atmosphere_user SET last_name = 'changed elsewhere' WHERE username = 'joetest'")

    write(world, [change])

    assert (True, "changed elsewhere") == (user().is_staff, user().last_name)


def test_a_row_that_went_is_stale(world: World) -> None:
    """An update of a row that is gone says that the row is absent."""
    profile = UserProfile.objects.get(user_id=user().pk)
    update, delete = one(edits.update(profile, background="x")), edits.delete(profile)
    elsewhere("DELETE FROM user_profile WHERE user_id = %s", user().pk)

    for change in (update, delete):
        with pytest.raises(StalePlan) as caught:
            write(world, [change])
        assert ("the row", "present", "absent") == (caught.value.column, caught.value.planned, caught.value.now)
        with pytest.raises(StalePlan), world.rows("atmosphere").transaction() as transaction:
            transaction.write(change)


def test_a_row_that_is_only_relied_on_must_still_hold(world: World) -> None:
    """An expectation is compared like a change, and named when it moved; no column of it is written."""
    expect = edits.expect(user("staffmember"), "is_superuser", "end_date")
    change = one(edits.update(user(), is_staff=True))
    write(world, [expect, change], commit=False)

    elsewhere("UPDATE atmosphere_user SET is_superuser = false WHERE username = 'staffmember'")
    with pytest.raises(StalePlan) as caught:
        write(world, [expect, change])
    assert ("is_superuser", True, False) == (caught.value.column, caught.value.planned, caught.value.now)
    assert not user().is_staff


def test_an_insertion_gets_its_key_and_its_inverse_removes_exactly_it(world: World) -> None:
    """The database assigns the key; the receipt has it, and taking it back deletes that row."""
    before = dump.dump()
    application = Application.objects.get(pk=1144)
    new = edits.insert(ApplicationBookmark(user_id=user("noprofile").pk, application_id=application.pk))
    assert {"id": None} == new.pk

    written = one(write(world, [new]))
    assert isinstance(written.pk["id"], int)
    assert world.rows("atmosphere").holds(written)
    assert ApplicationBookmark.objects.filter(pk=written.pk["id"]).exists()

    write(world, [inverse(written)])
    assert not world.rows("atmosphere").holds(written)
    assert before == dump.dump()


def test_an_insertion_that_is_there_already_is_stale(world: World) -> None:
    """A row with the same `unless` columns that appeared in between is not doubled."""
    noprofile = user("noprofile")
    new = edits.insert(UserProfile(user_id=noprofile.pk), unless=("user_id",))
    write(world, [new], commit=False)
    write(world, [new])

    with pytest.raises(StalePlan) as caught:
        write(world, [new])
    assert ("user_id", "absent", "present") == (caught.value.column, caught.value.planned, caught.value.now)


def test_a_deleted_row_comes_back_under_the_same_key(world: World) -> None:
    """The whole row is kept in the change, so that its inverse restores every column."""
    before = dump.dump()
    profile = UserProfile.objects.get(user_id=user().pk)

    deleted = one(write(world, [edits.delete(profile)]))
    assert world.rows("atmosphere").holds(deleted)
    assert not UserProfile.objects.filter(pk=profile.pk).exists()

    write(world, [inverse(deleted)])
    assert before == dump.dump()


def test_a_deletion_of_a_row_that_moved_is_stale(world: World) -> None:
    """Any column that changed since is a reason not to delete."""
    change = edits.delete(UserProfile.objects.get(user_id=user().pk))
    elsewhere("UPDATE user_profile SET background = 'other' WHERE user_id = %s", user().pk)

    with pytest.raises(StalePlan) as caught:
        write(world, [change])
    assert ("background", "default", "other") == (caught.value.column, caught.value.planned, caught.value.now)


@pytest.mark.parametrize("how", ["delete", "update", "insert"])
def test_a_foreign_key_speaks_at_the_rehearsal(world: World, how: str) -> None:
    """Atmosphere's foreign keys are deferred; they are made to speak before anything is committed."""
    before = dump.dump()
    version = ApplicationVersion.objects.order_by("pk")[0]
    change: RowChange = {
        "delete": edits.delete(Application.objects.get(pk=version.application_id)),
        "update": one(edits.update(version, application_id=999_999)),
        "insert": edits.insert(ApplicationBookmark(user_id=999_999, application_id=1144)),
    }[how]

    with pytest.raises(Refused, match="would be missing"):
        write(world, [change], commit=False)
    assert before == dump.dump()


def test_a_unique_constraint_speaks_at_the_rehearsal(world: World) -> None:
    """A name that is taken is refused, without the value in the causes."""
    with pytest.raises(Refused, match="already"):
        write(world, edits.update(user(), username="staffmember"), commit=False)


def test_rows_are_locked_in_one_order(world: World) -> None:
    """Whatever the order in a plan, rows are locked by table and key, so that two plans never wait for each other."""
    changes: list[RowChange | RowExpect] = [
        one(edits.update(user("staffonly"), first_name="J")),
        edits.expect(UserProfile.objects.get(user_id=user().pk), "background"),
        one(edits.update(user(), first_name="J")),
        edits.expect(Application.objects.get(pk=1144), "private"),
    ]
    orders = []
    for order in (changes, changes[::-1], [*changes[2:], *changes[:2]]):
        with world.rows("atmosphere").transaction() as transaction:
            database = connections["atmosphere"]
            with CaptureQueriesContext(database) as captured:
                transaction.lock(order)
            orders.append([query["sql"] for query in captured.captured_queries][: len(order)])
            assert 2 * len(order) == len(captured.captured_queries)

    assert orders[0] == orders[1] == orders[2]
    if connections["atmosphere"].vendor == "postgresql":
        assert all(sql.endswith("FOR UPDATE") for sql in orders[0])


def test_a_locked_row_can_not_be_changed_by_another(world: World) -> None:
    """Between comparison and commit the row belongs to us: another writer has to wait."""
    change = one(edits.update(user(), is_staff=True))
    impatient = {"postgresql": "SET lock_timeout = '50ms'", "sqlite": "PRAGMA busy_timeout = 50"}

    with world.rows("atmosphere").transaction() as transaction, connection.of_its_own("atmosphere") as other:
        transaction.lock([change])
        with other.cursor() as cursor:
            cursor.execute(impatient[other.vendor])
            with pytest.raises(Exception, match="lock"):
                cursor.execute("UPDATE atmosphere_user SET is_staff = true WHERE username = 'joetest'")


def test_a_password_is_made_late_and_only_its_mark_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The row gets a hash of the secret; the receipt gets the fingerprint of that hash, and neither hash nor secret."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    change = one(edits.update(user(), password=Sealed(source="env:NEW_PASSWORD")))
    assert isinstance(change, RowUpdate)
    assert change.reversible

    written = one(write(world, [change]))

    stored = user().password
    assert passwords.matches(PASSWORD, stored)
    assert world.rows("atmosphere").holds(written)
    assert isinstance(written, RowUpdate)
    assert written.after["password"].matches(stored)
    assert stored not in repr(written)
    assert PASSWORD not in repr(written)

    write(world, [inverse(written)])
    assert change.before["password"] == user().password


def test_a_password_that_was_changed_in_between_is_stale_and_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the planned nor the present hash is in the message."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    change = one(edits.update(user("staffmember"), password=Sealed(source="env:NEW_PASSWORD")))
    now = passwords.make("another password")
    elsewhere("UPDATE atmosphere_user SET password = %s WHERE username = 'staffmember'", now)

    with pytest.raises(StalePlan) as caught:
        write(world, [change])

    assert "password" == caught.value.column
    assert "pbkdf2" not in str(caught.value)
    assert now == user("staffmember").password


def _changed(instance: Model, column: str, value: Any) -> RowChange:
    return one(edits.update(instance, **{column: value}))


VALUES: dict[str, tuple[type[Model], str, Any, Json]] = {
    "text": (Provider, "location", "zoë ☃ 'quoted' \\ %s", "zoë ☃ 'quoted' \\ %s"),
    "text that looks like a number": (Provider, "location", "0042", "0042"),
    "NULL": (Provider, "cloud_config", None, None),
    "json object": (Provider, "cloud_config", {"a": [1, None, {"b": "ü"}]}, {"a": [1, None, {"b": "ü"}]}),
    "json list": (Provider, "cloud_config", [], []),
    "json text": (Provider, "cloud_config", "text", "text"),
    "json number": (Provider, "cloud_config", 1.5, 1.5),
    "json false": (Provider, "cloud_config", False, False),
    "uuid": (
        Provider,
        "uuid",
        UUID("f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86"),
        "f77cb286-d5fc-4a3e-b15b-98e5a9dd2a86",
    ),
    "decimal": (AllocationSourceSnapshot, "compute_used", Decimal("123456789012.345"), "123456789012.345"),
    "decimal with fewer places": (AllocationSourceSnapshot, "compute_used", Decimal("1.5"), "1.500"),
    "decimal with an exponent": (AllocationSourceSnapshot, "compute_used", Decimal("1E+2"), "100.000"),
    "timestamp": (
        Provider,
        "end_date",
        datetime(2026, 1, 15, 12, 0, 0, 123456, tzinfo=UTC),
        "2026-01-15T12:00:00.123456+00:00",
    ),
    "timestamp elsewhere": (
        Provider,
        "end_date",
        datetime(2026, 1, 15, 12, tzinfo=timezone(timedelta(hours=-7))),
        "2026-01-15T19:00:00+00:00",
    ),
    "flag": (Provider, "public", False, False),
}


@pytest.mark.parametrize(("model", "column", "value", "form"), VALUES.values(), ids=VALUES.keys())
def test_each_type_of_column_survives_its_json_form(
    world: World, model: type[Model], column: str, value: Any, form: Json
) -> None:
    """A value is planned, written, read back and taken back through its JSON form, and compared on the way."""
    before = dump.dump()
    instance = model._base_manager.order_by("pk").first()
    assert instance is not None
    change = _changed(instance, column, value)
    assert isinstance(change, RowUpdate)
    assert form == change.after[column]

    written = one(write(world, [change]))
    assert world.rows("atmosphere").holds(written)
    again = model._base_manager.get(pk=instance.pk)
    assert () == edits.update(again, **{column: value})
    assert form == columns.to_json(getattr(again, column))

    write(world, [inverse(written)])
    assert before == dump.dump()


@pytest.mark.parametrize(
    ("before", "after"), [("2001:0DB8::0001", "192.0.2.7"), ("192.0.2.7", "2001:db8::2"), (None, "192.0.2.7")]
)
def test_an_address_is_compared_as_the_database_writes_it(world: World, before: str | None, after: str) -> None:
    """An IP address has one form, however it was written."""
    instance = Instance.objects.order_by("pk")[0]
    for value in (before, after):
        instance = Instance.objects.get(pk=instance.pk)
        write(world, edits.update(instance, ip_address=value))
        again = Instance.objects.get(pk=instance.pk)
        assert () == edits.update(again, ip_address=value)


def test_an_event_with_a_document_comes_back_whole(world: World) -> None:
    """A row with uuid, timestamp and JSON document is deleted and restored, on both kinds of database."""
    before = dump.dump()
    event = EventTable.objects.order_by("pk")[0]

    deleted = one(write(world, [edits.delete(event)]))
    assert before != dump.dump()
    write(world, [inverse(deleted)])

    assert before == dump.dump()


def test_a_document_that_changed_is_stale(world: World) -> None:
    """A JSON document is compared too, though not by the statement."""
    provider = Provider.objects.order_by("pk")[0]
    write(world, edits.update(provider, cloud_config={"a": 1}))
    provider = Provider.objects.get(pk=provider.pk)
    change = one(edits.update(provider, cloud_config={"a": 3}))
    write(world, edits.update(provider, cloud_config={"a": 2}))

    with pytest.raises(StalePlan) as caught:
        write(world, [change])
    assert ("cloud_config", {"a": 1}, {"a": 2}) == (caught.value.column, caught.value.planned, caught.value.now)


def test_null_is_compared_as_null(world: World) -> None:
    """A plan that saw NULL is stale when there is a value, and the other way round."""
    seen_null = one(edits.update(user(), end_date=datetime(2026, 1, 15, tzinfo=UTC)))
    write(world, [seen_null])

    with pytest.raises(StalePlan) as caught:
        write(world, [seen_null])
    assert (None, "2026-01-15T00:00:00+00:00") == (caught.value.planned, caught.value.now)

    seen_value = inverse(seen_null)
    write(world, [seen_value])
    with pytest.raises(StalePlan) as caught:
        write(world, [seen_value])
    assert ("2026-01-15T00:00:00+00:00", None) == (caught.value.planned, caught.value.now)
    with pytest.raises(StalePlan), world.rows("atmosphere").transaction() as transaction:
        transaction.write(dataclasses.replace(seen_value))
