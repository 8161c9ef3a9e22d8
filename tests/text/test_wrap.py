"""Wrapping to the width of a terminal."""

from __future__ import annotations

import pytest

from runbook_lib.text.wrap import wrapped

LINE = "  note: the image 2b2c55b2-eef7-5fe7-b41d-d3d3cf89940e is not-yet public"


@pytest.mark.parametrize("width", [None, 200, 39])
def test_line_stays_whole_in_a_pipe_and_where_it_fits(width: int | None) -> None:
    """A very narrow terminal breaks lines by itself."""
    assert LINE == wrapped(LINE, width)


def test_continuation_stands_below_the_text() -> None:
    """The label of a note or a number hangs."""
    assert ["  note: the image", "        2b2c55b2-eef7-5fe7-b41d-d3d3cf89940e is", "        not-yet public"] == (
        wrapped(LINE, 48).splitlines()
    )
    assert "\n     " in wrapped(f"  1. {'word ' * 12}", 40)


def test_nothing_that_is_copied_is_broken() -> None:
    """An ID longer than the line, and a word with a hyphen, stay in one piece."""
    identifier = "x" * 60
    assert identifier in wrapped(f"  note: a {identifier} b-c", 40).replace("\n", " ").split()
    assert LINE.split() == wrapped(LINE, 40).split()


def test_text_with_lines_is_not_touched() -> None:
    """A traceback keeps its lines."""
    assert f"{LINE}\n{LINE}" == wrapped(f"{LINE}\n{LINE}", 40)
