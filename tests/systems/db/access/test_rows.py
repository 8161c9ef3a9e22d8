"""Row changes on a real database: compared, locked, written, verified and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from runbook_lib.errors import StalePlan
from runbook_lib.fixture import dump
from runbook_lib.fixture.rows.users import KNOWN_PASSWORD
from runbook_lib.model import Change, RowChange, RowDelete, RowExpect, RowInsert, RowUpdate, Sealed
from runbook_lib.systems.db.access import connection, edits
from runbook_lib.systems.db.models.atmosphere.models import (
    Application,
    ApplicationBookmark,
    AtmosphereUser,
    UserProfile,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.world.world import World

pytestmark = pytest.mark.both_databases

PASSWORD = "correct horse battery"


def user(name: str = "joetest") -> AtmosphereUser:
    """Return a user as it is in the database now."""
    return AtmosphereUser.objects.get(username=name)


def write(world: World, changes: Sequence[RowChange | RowExpect], *, commit: bool = True) -> tuple[RowChange, ...]:
    """Lock, compare and write changes in one transaction, and commit them; return the written changes."""
    with world.rows("atmosphere").transaction() as transaction:
        transaction.lock(changes)
        written = tuple(transaction.write(change) for change in changes if not isinstance(change, RowExpect))
        transaction.check_constraints()
        if commit:
            transaction.commit()
    return written


def only(changes: Sequence[RowChange]) -> RowChange:
    """Return the only change."""
    assert 1 == len(changes)
    return changes[0]


def inverse(change: Change) -> RowChange:
    """Return the change that undoes a row change."""
    inverse_change = change.inverse()
    assert isinstance(inverse_change, RowUpdate | RowInsert | RowDelete)
    return inverse_change


def execute_elsewhere(sql: str, *values: str | int) -> None:
    """Run a statement on a second connection and commit it, like another program."""
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute(sql, values)


def test_update_is_written_verified_and_undone(world: World) -> None:
    """The change sets the new values, the inverse restores the old ones, and nothing else changes."""
    before = dump.dump()
    change = only(edits.update(user(), is_staff=True, first_name="J"))
    assert not world.rows("atmosphere").is_applied(change)

    written = only(write(world, [change]))
    assert written == change
    assert world.rows("atmosphere").is_applied(written)
    assert (True, "J") == (user().is_staff, user().first_name)

    write(world, [inverse(written)])
    assert before == dump.dump()


def test_uncommitted_change_is_rolled_back(world: World) -> None:
    """A rehearsal writes and leaves nothing."""
    before = dump.dump()

    write(world, edits.update(user(), is_staff=True), commit=False)

    assert before == dump.dump()


def test_error_in_a_transaction_rolls_it_back(world: World) -> None:
    """An error before the commit changes nothing, and the next transaction works."""
    before = dump.dump()
    change = only(edits.update(user(), is_staff=True))

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
def test_changed_row_is_reported_with_column_and_values(world: World, now: str) -> None:
    """The plan is stale, the message has the column with both values, and nothing is written."""
    change = only(edits.update(user(), is_staff=True, first_name="J"))
    execute_elsewhere("UPDATE atmosphere_user SET first_name = %s WHERE username = 'joetest'", now)

    with pytest.raises(StalePlan) as caught:
        write(world, [change])

    error = caught.value
    assert (f"atmosphere atmosphere_user:{user().pk}", "first_name") == (error.target, error.column)
    assert ("Fixture", now) == (error.planned, error.now)
    assert not user().is_staff


def test_comparison_is_part_of_the_statement(world: World) -> None:
    """Even without the lock, an update never overwrites a value that the plan did not read."""
    change = only(edits.update(user(), first_name="J"))
    execute_elsewhere("UPDATE atmosphere_user SET first_name = 'K' WHERE username = 'joetest'")

    with (
        pytest.raises(StalePlan, match="'Fixture' when the plan was made and is 'K' now"),
        world.rows("atmosphere").transaction() as transaction,
    ):
        transaction.write(change)
    assert "K" == user().first_name


def test_other_columns_of_a_row_are_not_overwritten(world: World) -> None:
    """Only planned columns are written, so another program's change of another column stays."""
    change = only(edits.update(user(), is_staff=True))
    execute_elsewhere("UPDATE atmosphere_user SET last_name = 'changed elsewhere' WHERE username = 'joetest'")

    write(world, [change])

    assert (True, "changed elsewhere") == (user().is_staff, user().last_name)


def test_deleted_row_is_stale(world: World) -> None:
    """The error for an update of a deleted row says that the row is absent."""
    profile = UserProfile.objects.get(user_id=user().pk)
    update, delete = only(edits.update(profile, background="x")), edits.delete(profile)
    execute_elsewhere("DELETE FROM user_profile WHERE user_id = %s", user().pk)

    for change in (update, delete):
        with pytest.raises(StalePlan) as caught:
            write(world, [change])
        assert ("the row", "present", "absent") == (caught.value.column, caught.value.planned, caught.value.now)
        with pytest.raises(StalePlan), world.rows("atmosphere").transaction() as transaction:
            transaction.write(change)


def test_changed_expectation_is_stale(world: World) -> None:
    """An expectation is compared like a change and reported if it differs; none of its columns is written."""
    expect = edits.expect(user("staffmember"), "is_superuser", "end_date")
    change = only(edits.update(user(), is_staff=True))
    write(world, [expect, change], commit=False)

    execute_elsewhere("UPDATE atmosphere_user SET is_superuser = false WHERE username = 'staffmember'")
    with pytest.raises(StalePlan) as caught:
        write(world, [expect, change])
    assert ("is_superuser", True, False) == (caught.value.column, caught.value.planned, caught.value.now)
    assert not user().is_staff


def test_insertion_gets_a_key_and_its_inverse_deletes_that_row(world: World) -> None:
    """The database assigns the key, the receipt contains it, and undo deletes that row."""
    before = dump.dump()
    application = Application.objects.get(pk=1144)
    new = edits.insert(ApplicationBookmark(user_id=user("noprofile").pk, application_id=application.pk))
    assert {"id": None} == new.pk

    written = only(write(world, [new]))
    assert isinstance(written.pk["id"], int)
    assert world.rows("atmosphere").is_applied(written)
    assert ApplicationBookmark.objects.filter(pk=written.pk["id"]).exists()

    write(world, [inverse(written)])
    assert not world.rows("atmosphere").is_applied(written)
    assert before == dump.dump()


def test_insertion_of_an_existing_row_is_stale(world: World) -> None:
    """A row with the same `unless` columns that appeared since the plan is not duplicated."""
    noprofile = user("noprofile")
    new = edits.insert(UserProfile(user_id=noprofile.pk), unless=("user_id",))
    write(world, [new], commit=False)
    write(world, [new])

    with pytest.raises(StalePlan) as caught:
        write(world, [new])
    assert ("user_id", "absent", "present") == (caught.value.column, caught.value.planned, caught.value.now)


def test_undo_of_an_undone_insertion_does_not_duplicate_a_row(world: World) -> None:
    """The undo of an undo keeps the `unless` columns, although its row has a key by then."""
    values = {"user_id": user("noprofile").pk, "application_id": 1144}
    new = edits.insert(ApplicationBookmark(**values), unless=tuple(values))
    written = only(write(world, [new]))
    deleted = only(write(world, [inverse(written)]))
    write(world, [inverse(deleted)], commit=False)
    write(world, [new])

    with pytest.raises(StalePlan) as caught:
        write(world, [inverse(deleted)])
    assert ("user_id, application_id", "present") == (caught.value.column, caught.value.now)


def test_deleted_row_is_not_restored_under_a_used_key(world: World) -> None:
    """The comparison finds a key in use before the database rejects it."""
    values = {"user_id": user("noprofile").pk, "application_id": 1144}
    written = only(write(world, [edits.insert(ApplicationBookmark(**values), unless=tuple(values))]))
    deleted = only(write(world, [inverse(written)]))
    write(world, [edits.insert(ApplicationBookmark(pk=written.pk["id"], user_id=user().pk, application_id=1144))])

    with pytest.raises(StalePlan) as caught:
        write(world, [inverse(deleted)])
    assert ("id", "present") == (caught.value.column, caught.value.now)


def test_deleted_row_is_restored_under_the_same_key(world: World) -> None:
    """The change keeps the entire row, so that its inverse restores every column."""
    before = dump.dump()
    profile = UserProfile.objects.get(user_id=user().pk)

    deleted = only(write(world, [edits.delete(profile)]))
    assert world.rows("atmosphere").is_applied(deleted)
    assert not UserProfile.objects.filter(pk=profile.pk).exists()

    write(world, [inverse(deleted)])
    assert before == dump.dump()


def test_deletion_of_a_changed_row_is_stale(world: World) -> None:
    """A change of any column since the plan prevents the deletion."""
    change = edits.delete(UserProfile.objects.get(user_id=user().pk))
    execute_elsewhere("UPDATE user_profile SET background = 'other' WHERE user_id = %s", user().pk)

    with pytest.raises(StalePlan) as caught:
        write(world, [change])
    assert ("background", "default", "other") == (caught.value.column, caught.value.planned, caught.value.now)


def test_old_password_hash_is_not_in_the_statement_that_writes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server can log the statement. The hash is compared under the lock instead, also with a row that changed."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    AtmosphereUser.objects.filter(username="joetest").update(password=KNOWN_PASSWORD)
    change = only(edits.update(user(), password=Sealed(source="env:NEW_PASSWORD")))

    with CaptureQueriesContext(connections["atmosphere"]) as captured:
        write(world, [change], commit=False)
    statements = [query["sql"] for query in captured.captured_queries]
    assert any(statement.startswith("UPDATE") for statement in statements)
    assert not any(KNOWN_PASSWORD in statement for statement in statements)

    AtmosphereUser.objects.filter(username="joetest").update(password="another")
    with (
        pytest.raises(StalePlan, match="password was 'one value'"),
        world.rows("atmosphere").transaction() as transaction,
    ):
        transaction.write(change)
