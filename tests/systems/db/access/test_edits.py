"""Edits of model instances as plain values; no database is used."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.model import RowDelete, RowExpect, RowInsert, RowUpdate, Sealed, fingerprint
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.models.atmosphere.models import (
    AllocationSourceSnapshot,
    Application,
    ApplicationBookmark,
    AtmosphereUser,
    Instance,
    UserProfile,
)
from runbook_lib.systems.db.models.troposphere.models import TroposphereUser, UserPreferences

if TYPE_CHECKING:
    from django.db.models import Model

HASH = "pbkdf2_sha256$36000$salt$hash"
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def user(**values: Any) -> AtmosphereUser:
    """Return a user as if it had been read."""
    return AtmosphereUser(pk=5, username="joetest", password=HASH, is_staff=False, end_date=None, **values)


def test_update_contains_only_changed_columns() -> None:
    """Upstream's save writes every column of the row; an edit contains only the columns with new values."""
    expected = RowUpdate(
        database="atmosphere",
        table="atmosphere_user",
        pk={"id": 5},
        before={"is_staff": False},
        after={"is_staff": True},
    )

    assert (expected,) == edits.update(user(), is_staff=True, username="joetest", end_date=None)


def test_update_to_the_same_values_is_empty() -> None:
    """Values that the row already has are not a change."""
    assert () == edits.update(user(), is_staff=False, username="joetest")


@pytest.mark.parametrize(
    ("instance", "values"),
    [
        (AllocationSourceSnapshot(pk=1, compute_used=Decimal("1.500")), {"compute_used": Decimal("1.5")}),
        (AllocationSourceSnapshot(pk=1, compute_used=Decimal("100.000")), {"compute_used": Decimal("1E+2")}),
        (AllocationSourceSnapshot(pk=1, compute_used=Decimal("7.000")), {"compute_used": 7}),
        (Instance(pk=1, ip_address="2001:db8::1"), {"ip_address": "2001:0DB8:0::0001"}),
        (AtmosphereUser(pk=1, end_date=NOW), {"end_date": datetime.fromisoformat("2026-01-15T05:00:00-07:00")}),
    ],
)
def test_another_spelling_of_a_value_is_not_a_change(instance: Model, values: dict[str, Any]) -> None:
    """A number, an address or a time in another spelling is the same value."""
    assert () == edits.update(instance, **values)


def test_unknown_column_is_a_defect() -> None:
    """The name of a relation in place of its column fails at once and writes nothing."""
    with pytest.raises(KeyError):
        edits.update(Application(pk=1144, created_by_id=5), created_by=6)


def test_each_site_has_its_own_database() -> None:
    """The model determines the database: Troposphere's user is another row."""
    change = edits.update(TroposphereUser(pk=9, is_staff=False), is_staff=True)[0]

    assert ("troposphere", "troposphere_user") == (change.database, change.table)


def test_old_password_is_sealed() -> None:
    """The change keeps only the fingerprint of the row's hash."""
    change = edits.update(user(), password=Sealed(source="env:NEW_PASSWORD"))[0]

    assert {"password": Sealed(source="database", fingerprint=fingerprint(HASH))} == change.before
    assert HASH not in repr(change)


@pytest.mark.parametrize("unusable", ["!", "!4f1c", ""])
def test_unusable_old_password_is_kept(unusable: str) -> None:
    """A value that allows no login is not a secret, and can be restored."""
    instance = AtmosphereUser(pk=5, password=unusable)
    change = edits.update(instance, password=Sealed(source="env:NEW_PASSWORD"))[0]

    assert {"password": unusable} == change.before
    assert change.reversible


def test_expectation_contains_the_read_values() -> None:
    """Times are in UTC and passwords are sealed."""
    expected = RowExpect(
        database="atmosphere",
        table="atmosphere_user",
        pk={"id": 5},
        values={"end_date": None, "password": Sealed(source="database", fingerprint=fingerprint(HASH))},
    )

    assert expected == edits.expect(user(), "end_date", "password")


def test_insertion_without_a_key_leaves_it_to_the_database() -> None:
    """The insertion has every other column, including the model's defaults."""
    change = edits.insert(UserPreferences(user_id=9, created_date=NOW, modified_date=NOW), unless=("user_id",))

    expected = RowInsert(
        database="troposphere",
        table="api_userpreferences",
        pk={"id": None},
        row={
            "show_beta_interface": True,
            "created_date": NOW.isoformat(),
            "modified_date": NOW.isoformat(),
            "user_id": 9,
            "airport_ui": None,
        },
        unless=("user_id",),
    )
    assert expected == change


def test_insertion_with_a_key_requires_it_to_be_free() -> None:
    """Without `unless`, a given key must not exist yet; an automatic key has no condition."""
    assert ("user_id",) == edits.insert(UserProfile(user_id=5)).unless
    assert () == edits.insert(ApplicationBookmark(user_id=5, application_id=1144)).unless


def test_deletion_keeps_every_column() -> None:
    """Key and columns together are the entire row, so that undo can restore it."""
    profile = UserProfile(user_id=5, background="dark")
    change = edits.delete(profile)

    assert isinstance(change, RowDelete)
    assert {"user_id": 5} == change.pk
    columns = {field.column for field in UserProfile._meta.concrete_fields}
    assert columns == {*change.pk, *change.row}
    assert "dark" == change.row["background"]


def test_deletion_of_an_account_with_a_password_is_irreversible() -> None:
    """The hash is sealed, so the row is incomplete, and the change says so."""
    change = edits.delete(user())

    assert HASH not in repr(change)
    assert not change.reversible
