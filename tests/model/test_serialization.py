"""Changes as JSON, written and read."""

from __future__ import annotations

import dataclasses
import json

import pytest
from hypothesis import given

from runbook_lib.model import (
    Change,
    changes_as_json,
    changes_from_json,
)
from tests.model.changes import CALL, DELETE, INSERT, UPDATE
from tests.strategies import CHANGES


def test_json_of_changes_has_the_documented_keys() -> None:
    """An insertion and a deletion hold the row, a call holds its action and whether it is reversible."""
    row_keys = ["op", "database", "table", "pk", "row"]

    assert [*row_keys, "unless"] == list(INSERT.as_json()[0])
    assert row_keys == list(DELETE.as_json()[0])
    assert ["op", "system", "target", "action", "before", "after", "reversible"] == list(CALL.as_json()[0])
    assert ["insert", "delete", "call"] == [c.as_json()[0]["op"] for c in (INSERT, DELETE, CALL)]


@given(CHANGES)
def test_changes_survive_json(changes: tuple[Change, ...]) -> None:
    """Changes read from JSON text are equal, for all values."""
    text = json.dumps(changes_as_json(changes))

    assert changes == changes_from_json(json.loads(text))


def test_adjacent_updates_of_two_rows_stay_apart() -> None:
    """Two rows that are updated one after the other remain two changes."""
    other = dataclasses.replace(UPDATE, pk={"id": 8})

    assert (UPDATE, other) == changes_from_json(changes_as_json((UPDATE, other)))


@pytest.mark.parametrize(
    "change",
    [UPDATE, dataclasses.replace(DELETE, unless=("user_id",)), CALL, dataclasses.replace(INSERT, pk={"id": 9})],
)
def test_inverse_of_the_inverse_is_the_change(change: Change) -> None:
    """Two undos end at the same change, also after it was kept as JSON."""
    inverse = change.inverse()
    assert inverse is not None
    (kept,) = changes_from_json(changes_as_json((inverse,)))

    assert inverse == kept
    assert change == kept.inverse()
