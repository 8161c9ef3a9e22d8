"""Row changes on a real database: compared, locked, written, read back, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import StalePlan
from runbook_lib.fixture import dump
from runbook_lib.model import Change, RowChange, RowDelete, RowExpect, RowInsert, RowUpdate
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
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
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


def test_an_insertion_that_was_taken_back_is_not_made_again_beside_an_equal_row(world: World) -> None:
    """The undo of an undo knows which columns must not exist yet, though the row has a key of its own by then."""
    values = {"user_id": user("noprofile").pk, "application_id": 1144}
    new = edits.insert(ApplicationBookmark(**values), unless=tuple(values))
    written = one(write(world, [new]))
    deleted = one(write(world, [inverse(written)]))
    write(world, [inverse(deleted)], commit=False)
    write(world, [new])

    with pytest.raises(StalePlan) as caught:
        write(world, [inverse(deleted)])
    assert ("user_id, application_id", "present") == (caught.value.column, caught.value.now)


def test_a_row_does_not_come_back_under_a_key_that_was_taken(world: World) -> None:
    """A key that somebody else uses by now is found before the database has to complain."""
    values = {"user_id": user("noprofile").pk, "application_id": 1144}
    written = one(write(world, [edits.insert(ApplicationBookmark(**values), unless=tuple(values))]))
    deleted = one(write(world, [inverse(written)]))
    write(world, [edits.insert(ApplicationBookmark(pk=written.pk["id"], user_id=user().pk, application_id=1144))])

    with pytest.raises(StalePlan) as caught:
        write(world, [inverse(deleted)])
    assert ("id", "present") == (caught.value.column, caught.value.now)


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
