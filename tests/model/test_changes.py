"""Changes: what each says of itself, its JSON, and what takes it back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given

from runbook_lib.model import (
    Call,
    Change,
    RowDelete,
    RowExpect,
    RowInsert,
    RowUpdate,
    Sealed,
    canonical,
    changes_as_json,
    changes_from_json,
    decode,
    encode,
    fingerprint,
    row_name,
    show,
)
from tests.strategies import CHANGES, JSON

UPDATE = RowUpdate(
    database="atmosphere",
    table="application_version",
    pk={"id": 7},
    before={"application_id": 1378, "name": "1.0"},
    after={"application_id": 1144, "name": "1.2"},
)
INSERT = RowInsert(
    database="troposphere",
    table="api_userpreferences",
    pk={"id": None},
    row={"user_id": 5, "airport_ui": None},
    unless=("user_id",),
)
DELETE = RowDelete(database="atmosphere", table="user_profile", pk={"user_id": 5}, row={"send_emails": True})
CALL = Call(system="glance:4", target="f77cb286", action="visibility", before="private", after="public")
HASH = Sealed(source="database", fingerprint=fingerprint("pbkdf2_sha256$old"))
PASSWORD = RowUpdate(
    database="atmosphere",
    table="atmosphere_user",
    pk={"id": 5},
    before={"is_staff": False, "password": HASH},
    after={"is_staff": True, "password": Sealed(source="env:NEW_PASSWORD")},
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            UPDATE,
            'update atmosphere application_version:7  application_id: 1378 → 1144, name: "1.0" → "1.2"',
        ),
        (INSERT, "insert troposphere api_userpreferences:new  user_id: 5, airport_ui: null"),
        (DELETE, "delete atmosphere user_profile:5  send_emails: true"),
        (CALL, 'call   glance:4 f77cb286  visibility: "private" → "public"'),
        (
            dataclasses.replace(CALL, reversible=False),
            'call   glance:4 f77cb286  visibility: "private" → "public"  (can\'t be taken back)',
        ),
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


def test_the_json_of_the_other_changes_has_the_agreed_keys() -> None:
    """An insertion and a deletion hold the row, a call says what it does and whether it can be taken back."""
    whole = ["op", "database", "table", "pk", "row"]

    assert [*whole, "unless"] == list(INSERT.as_json()[0])
    assert whole == list(DELETE.as_json()[0])
    assert ["op", "system", "target", "action", "before", "after", "reversible"] == list(CALL.as_json()[0])
    assert ["insert", "delete", "call"] == [c.as_json()[0]["op"] for c in (INSERT, DELETE, CALL)]


@given(CHANGES)
def test_changes_survive_json(changes: tuple[Change, ...]) -> None:
    """What is written as JSON text is read back equal, whatever the values are."""
    text = json.dumps(changes_as_json(changes))

    assert changes == changes_from_json(json.loads(text))


@given(JSON)
def test_a_value_survives_json(value: object) -> None:
    """Encoding and decoding a value returns it."""
    assert value == decode(json.loads(json.dumps(encode(value))))


def test_neighbouring_columns_of_different_rows_stay_apart() -> None:
    """Two rows that are updated one after the other are two changes again."""
    other = dataclasses.replace(UPDATE, pk={"id": 8})

    assert (UPDATE, other) == changes_from_json(changes_as_json((UPDATE, other)))


@pytest.mark.parametrize(
    "change",
    [UPDATE, dataclasses.replace(DELETE, unless=("user_id",)), CALL, dataclasses.replace(INSERT, pk={"id": 9})],
)
def test_the_inverse_of_the_inverse_is_the_change(change: Change) -> None:
    """Taking a change back and taking that back again ends at the same change, also when it was kept as JSON."""
    inverse = change.inverse()
    assert inverse is not None
    (kept,) = changes_from_json(changes_as_json((inverse,)))

    assert inverse == kept
    assert change == kept.inverse()


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


def test_an_irreversible_call_has_no_inverse() -> None:
    """What no call brings back has no inverse."""
    assert dataclasses.replace(CALL, reversible=False).inverse() is None


def test_a_sealed_value_recognises_only_its_own() -> None:
    """A seal knows the stored value by its fingerprint, and shows it nowhere."""
    assert HASH.matches("pbkdf2_sha256$old")
    assert not HASH.matches("pbkdf2_sha256$new")
    assert not HASH.matches(None)
    assert not Sealed(source="env:X").matches("anything")
    assert "pbkdf2" not in str(HASH) + repr(HASH) + show(HASH)


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


@pytest.mark.parametrize(("value", "text"), [("1", '"1"'), (1, "1"), (None, "null"), (True, "true"), ("zoë", '"zoë"')])
def test_a_text_and_a_number_look_different(value: object, text: str) -> None:
    """A value is shown as JSON, so that text and number can be told apart."""
    assert text == show(value)


def test_the_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    """Equal objects have one text, in ASCII and on one line."""
    assert canonical({"b": "ö\n", "a": 1}) == canonical({"a": 1, "b": "ö\n"}) == '{"a":1,"b":"\\u00f6\\n"}'
