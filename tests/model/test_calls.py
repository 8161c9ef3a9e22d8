"""Calls: what each says of itself, and its inverse."""

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
    ("change", "words"),
    [
        (CALL, 'call   glance:4 f77cb286  visibility: "private" → "public"'),
        (
            dataclasses.replace(CALL, reversible=False),
            'call   glance:4 f77cb286  visibility: "private" → "public"  (irreversible)',
        ),
    ],
)
def test_a_call_is_one_line(change: Call, words: str) -> None:
    """It says what becomes what, and whether it can be undone."""
    assert words == change.describe()


def test_an_irreversible_call_has_no_inverse() -> None:
    """What no call brings back has no inverse."""
    assert dataclasses.replace(CALL, reversible=False).inverse() is None
