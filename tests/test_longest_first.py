"""The longest test files come first, under the names they have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests import longest_first

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Collected:
    """A collected test, as far as its order goes."""

    path: Path
    name: str


@pytest.mark.parametrize("name", longest_first.LONGEST)
def test_longest_file_exists(name: str) -> None:
    """A file that was renamed would lose its place."""
    assert (longest_first.TESTS / name).is_file()


def test_longest_files_come_first_and_tests_keep_their_order() -> None:
    """Files by their place in the list; within a file, and among the others, nothing moves."""
    first, second = (longest_first.TESTS / name for name in longest_first.LONGEST[:2])
    other = longest_first.TESTS / "test_names.py"
    tests = [(other, "b"), (second, "b"), (second, "a"), (other, "a"), (first, "c")]
    items = [Collected(*test) for test in tests]

    longest_first.order(cast("Any", items))

    assert [(first, "c"), (second, "b"), (second, "a"), (other, "b"), (other, "a")] == [
        (item.path, item.name) for item in items
    ]
