"""Calls: the line that describes each one, and its inverse."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from tests.model.changes import CALL

if TYPE_CHECKING:
    from runbook_lib.model import (
        Call,
    )


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (CALL, 'call   glance:4 f77cb286  visibility: "private" → "public"'),
        (
            dataclasses.replace(CALL, reversible=False),
            'call   glance:4 f77cb286  visibility: "private" → "public"  (irreversible)',
        ),
    ],
)
def test_call_is_described_in_one_line(change: Call, line: str) -> None:
    """The line gives old and new value, and whether the call can be undone."""
    assert line == change.describe()


def test_irreversible_call_has_no_inverse() -> None:
    """No second call restores its state."""
    assert dataclasses.replace(CALL, reversible=False).inverse() is None
