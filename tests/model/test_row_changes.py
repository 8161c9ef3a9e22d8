"""Changes of rows: the line that describes each one, and its inverse."""

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
    ("change", "line"),
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
def test_change_is_described_in_one_line(change: Change, line: str) -> None:
    """The line names the row or object, the old and the new value."""
    assert line == change.describe()


def test_update_has_one_entry_per_column() -> None:
    """The JSON of an update names database, table, key, column, before and after, once per column."""
    where = {"op": "update", "database": "atmosphere", "table": "application_version", "pk": {"id": 7}}

    expected = [
        {**where, "column": "application_id", "before": 1378, "after": 1144},
        {**where, "column": "name", "before": "1.0", "after": "1.2"},
    ]
    assert expected == UPDATE.as_json()


def test_inverse_of_a_deletion_keeps_the_key() -> None:
    """The inverse of a deletion inserts the complete row, unless its key was taken meanwhile."""
    assert RowInsert(
        database="atmosphere",
        table="user_profile",
        pk={"user_id": 5},
        row={"send_emails": True},
        unless=("user_id",),
    ) == (DELETE.inverse())


def test_inverse_leaves_a_password_out() -> None:
    """The old hash is not kept, so only the other columns can be restored, and the change names the lost one."""
    inverse = PASSWORD.inverse()

    assert ("password",) == PASSWORD.lost
    assert not PASSWORD.reversible
    assert inverse is not None
    assert ({"is_staff": True}, {"is_staff": False}) == (inverse.before, inverse.after)


def test_password_change_alone_has_no_inverse() -> None:
    """No column is left to restore."""
    only = dataclasses.replace(
        PASSWORD, before={"password": HASH}, after={"password": Sealed(source="env:NEW_PASSWORD")}
    )

    assert only.inverse() is None


def test_inverse_restores_an_unusable_password() -> None:
    """An unusable hash is not a secret: the plan keeps it, and the inverse restores it exactly."""
    change = dataclasses.replace(PASSWORD, before={"is_staff": False, "password": "!unusable"})
    inverse = change.inverse()

    assert change.reversible
    assert inverse is not None
    assert "!unusable" == inverse.after["password"]


def test_deletion_of_a_row_with_a_password_is_irreversible() -> None:
    """The plan does not keep the hash, so the row is incomplete."""
    change = dataclasses.replace(DELETE, row={"password": HASH})

    assert not change.reversible
    assert change.inverse() is None


def test_expectation_with_a_password_survives_json() -> None:
    """A row that a plan relies on may have a sealed column."""
    expect = RowExpect(database="atmosphere", table="atmosphere_user", pk={"id": 5}, values={"password": HASH})

    assert expect == RowExpect.from_json(json.loads(json.dumps(expect.as_json())))


@pytest.mark.parametrize(
    ("pk", "name"),
    [({"id": 7}, "t:7"), ({"id": None}, "t:new"), ({"key": "a b"}, "t:a b"), ({"x": 1, "y": 2}, "t:1,2")],
)
def test_row_is_named_by_table_and_key(pk: dict[str, Any], name: str) -> None:
    """Journal, history and messages name a row the same way."""
    assert name == row_name(RowDelete(database="atmosphere", table="t", pk=pk, row={}))
