"""Values of rows and calls: their JSON form, their text, and seals of secrets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from runbook_lib.model import (
    KeyOf,
    Sealed,
    canonical,
    decode,
    encode,
    show,
)
from tests.model.changes import HASH
from tests.strategies import JSON


@given(JSON)
def test_value_survives_json(value: object) -> None:
    """Encoding and decoding a value returns it."""
    assert value == decode(json.loads(json.dumps(encode(value))))


def test_seal_matches_only_its_own_value() -> None:
    """A seal compares the stored value by its fingerprint, and shows it nowhere."""
    assert HASH.matches("pbkdf2_sha256$old")
    assert not HASH.matches("pbkdf2_sha256$new")
    assert not HASH.matches(None)
    assert not Sealed(source="env:X").matches("anything")
    assert "pbkdf2" not in str(HASH) + repr(HASH) + show(HASH)


@pytest.mark.parametrize(("value", "text"), [("1", '"1"'), (1, "1"), (None, "null"), (True, "true"), ("zoë", '"zoë"')])
def test_text_and_number_look_different(value: object, text: str) -> None:
    """A value is shown as JSON, so text differs from a number."""
    assert text == show(value)


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    """Equal objects have one text, in ASCII and on one line."""
    assert canonical({"b": "ö\n", "a": 1}) == canonical({"a": 1, "b": "ö\n"}) == '{"a":1,"b":"\\u00f6\\n"}'


def test_future_key_has_a_documented_json_form() -> None:
    """Saved plans and journals hold it, so its names stay."""
    value = KeyOf(table="core_quota", column="uuid", value="1")
    body = {"key_of": "core_quota", "column": "uuid", "value": "1"}

    assert body == encode(value)
    assert value == decode(body)
    assert {**body, "more": 1} == decode({**body, "more": 1})
