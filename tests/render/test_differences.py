"""A change as its single differences."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given

from runbook_lib.render.differences import ValueDifference, differences, title, value_text
from tests.model.changes import CALL, DELETE, INSERT, PASSWORD, UPDATE
from tests.strategies import SCALAR


def test_update_has_a_difference_for_each_column() -> None:
    """The sign is that of a replacement."""
    assert (
        ValueDifference("~", "application_id", "1378", "1144"),
        ValueDifference("~", "name", '"1.0"', '"1.2"'),
    ) == differences(UPDATE)


def test_inserted_and_deleted_rows_have_one_side() -> None:
    """Every column of the row is one line."""
    assert (
        ValueDifference("+", "user_id", after="5"),
        ValueDifference("+", "airport_ui", after="null"),
    ) == differences(INSERT)
    assert (ValueDifference("-", "send_emails", before="true"),) == differences(DELETE)


def test_call_has_its_action() -> None:
    """Without a present value, it adds one; without any value, it has only its name."""
    assert (ValueDifference("~", "visibility", "private", "public"),) == differences(CALL)
    assert (ValueDifference("+", "visibility", after="public"),) == differences(dataclasses.replace(CALL, before=None))
    bare = dataclasses.replace(CALL, before=None, after=None)
    assert (ValueDifference("+", "visibility"),) == differences(bare)


@pytest.mark.parametrize("encode", [dict, json.dumps])
def test_nested_value_is_compared_by_key(encode: type[dict[str, object]]) -> None:
    """Equal keys are counted; an object and a text that holds one are the same."""
    before = encode({"cpu": 16, "memory": 128, "disk": {"size": 1, "kind": "ssd"}, "old": True})
    after = encode({"cpu": 44, "memory": 128, "disk": {"size": 2, "kind": "ssd"}, "new": None})

    assert (
        ValueDifference("~", "quota.cpu", "16", "44"),
        ValueDifference("~", "quota.disk.size", "1", "2"),
        ValueDifference("=", "1 unchanged"),
        ValueDifference("-", "quota.old", before="true"),
        ValueDifference("+", "quota.new", after="null"),
        ValueDifference("=", "1 unchanged"),
    ) == differences(dataclasses.replace(CALL, action="quota", before=before, after=after))


def test_password_is_never_a_difference_in_clear() -> None:
    """A sealed value shows its source."""
    assert (
        ValueDifference("~", "password", "(a password hash, not shown)", "(hash of env:NEW_PASSWORD)")
        == (differences(PASSWORD)[1])
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("public", "public"),
        ("2026-01-14T12:00:00+00:00", "2026-01-14 12:00:00 UTC"),
        ("2026-01-14T12:00:00.123456+00:00", "2026-01-14 12:00:00 UTC"),
        ("2026-01-14T12:00:00-07:00", "2026-01-14T12:00:00-07:00"),
        (1, "1"),
        ("1", '"1"'),
        ("1.10", '"1.10"'),
        ("true", '"true"'),
        (None, "null"),
        ("null", '"null"'),
        ("", '""'),
        (" a", '" a"'),
        ("a\nb", '"a\\nb"'),
        ('say "a"', '"say \\"a\\""'),
    ],
)
def test_quotation_marks_distinguish_values(value: object, text: str) -> None:
    """A text that looks like a number, an empty one, or one with blanks around it keeps them."""
    assert text == value_text(value)


@given(SCALAR, SCALAR)
def test_different_values_have_different_texts(before: object, after: object) -> None:
    """Only two times within one second look alike."""
    change = dataclasses.replace(UPDATE, before={"name": before}, after={"name": after})
    [item] = differences(change)

    assert (item.before == item.after) is (repr(before) == repr(after)) or item.before.endswith(" UTC")


def test_title_names_system_and_row() -> None:
    """The row has its table and key, or 'new'."""
    assert ("update", "atmosphere", "application_version:7") == title(UPDATE)
    assert ("insert", "troposphere", "api_userpreferences:new") == title(INSERT)
    assert ("call", "glance:4", "f77cb286") == title(CALL)
