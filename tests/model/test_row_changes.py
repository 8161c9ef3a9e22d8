"""Changes of rows: what each says of itself, and its inverse."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from runbook_lib.model import (
    Change,
    RowDelete,
    RowExpect,
    RowInsert,
    Sealed,
    row_name,
)
from tests.model.changes import DELETE, HASH, INSERT, PASSWORD, UPDATE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            UPDATE,
            'update atmosphere application_version:7  application_id: 1378 → 1144, name: "1.0" → "1.2"',
        ),
        (INSERT, "insert troposphere api_userpreferences:new  user_id: 5, airport_ui: null"),
        (DELETE, "delete atmosphere user_profile:5  send_emails: true"),
        (
            PASSWORD,
            (
                "update atmosphere atmosphere_user:5  is_staff: false → true, "
                "password: (a password hash, not shown) → (hash of env:NEW_PASSWORD)"
            ),
        ),
    ],
)
def test_a_change_is_one_line(change: Change, words: str) -> None:
    """Each kind of change says in one line which row or object becomes what."""
    assert words == change.describe()


def test_an_update_is_one_entry_a_column() -> None:
    """The JSON of an update names database, table, key, column, before and after, a column at a time."""
    where = {"op": "update", "database": "atmosphere", "table": "application_version", "pk": {"id": 7}}

    expected = [
        {**where, "column": "application_id", "before": 1378, "after": 1144},
        {**where, "column": "name", "before": "1.0", "after": "1.2"},
    ]
    assert expected == UPDATE.as_json()


def test_a_deleted_row_comes_back_under_its_own_key() -> None:
    """The inverse of a deletion inserts the whole row, unless its key was taken meanwhile."""
    assert RowInsert(
        database="atmosphere",
        table="user_profile",
        pk={"user_id": 5},
        row={"send_emails": True},
        unless=("user_id",),
    ) == (DELETE.inverse())


def test_a_password_is_left_out_of_the_inverse() -> None:
    """The old hash is not kept, so only the other columns can be brought back, and the change says which is lost."""
    inverse = PASSWORD.inverse()

    assert ("password",) == PASSWORD.lost
    assert not PASSWORD.reversible
    assert inverse is not None
    assert ({"is_staff": True}, {"is_staff": False}) == (inverse.before, inverse.after)


def test_what_only_sets_a_password_has_no_inverse() -> None:
    """With nothing left to bring back, there is no inverse."""
    only = dataclasses.replace(
        PASSWORD, before={"password": HASH}, after={"password": Sealed(source="env:NEW_PASSWORD")}
    )

    assert only.inverse() is None


def test_an_old_password_that_opened_nothing_is_put_back() -> None:
    """An unusable hash is no secret: it is kept in the plan and comes back exactly."""
    change = dataclasses.replace(PASSWORD, before={"is_staff": False, "password": "!unusable"})
    inverse = change.inverse()

    assert change.reversible
    assert inverse is not None
    assert "!unusable" == inverse.after["password"]


def test_a_row_with_a_password_does_not_come_back() -> None:
    """A deletion whose row holds a hash is irreversible, because the row is not kept whole."""
    change = dataclasses.replace(DELETE, row={"password": HASH})

    assert not change.reversible
    assert change.inverse() is None


def test_an_expectation_with_a_password_can_be_written() -> None:
    """A row that a plan relies on may have a sealed column, and survives JSON too."""
    expect = RowExpect(database="atmosphere", table="atmosphere_user", pk={"id": 5}, values={"password": HASH})

    assert expect == RowExpect.from_json(json.loads(json.dumps(expect.as_json())))


@pytest.mark.parametrize(
    ("pk", "name"),
    [({"id": 7}, "t:7"), ({"id": None}, "t:new"), ({"key": "a b"}, "t:a b"), ({"x": 1, "y": 2}, "t:1,2")],
)
def test_a_row_is_named_by_table_and_key(pk: dict[str, Any], name: str) -> None:
    """Journal, history and messages name a row the same way."""
    assert name == row_name(RowDelete(database="atmosphere", table="t", pk=pk, row={}))
