"""Tables on pages written by hand: a phone shows what each cell is."""

from __future__ import annotations

import re

import markdown

WIDE = "| State | `limit` **now** | Then |\n| --- | --- | --- |\n| *build* | one hour | nothing |\n| *active* | | |\n"


def labels(text: str, selector: str = "div.rb-stack") -> list[str]:
    """Return the labels of a table inside of an element."""
    extensions = ["attr_list", "tables", "pymdownx.blocks.html", "runbook_lib.pages.markdown_tables"]
    page = markdown.markdown(f"/// html | {selector}\n\n{text}\n///\n", extensions=extensions)
    return re.findall(r'data-label="([^"]*)"', page)


def test_cells_of_wide_table_have_their_columns_words() -> None:
    """All but a row's first; marks are left out, and an empty cell has none."""
    assert ["limit now", "Then"] == labels(WIDE)


def test_pipe_in_code_is_not_a_border() -> None:
    """A row with one has the labels of its columns."""
    assert ["limit now", "Then"] == labels(WIDE.replace("| one hour |", "| `x|y` \\| z |"))


def test_table_of_two_columns_explains_itself() -> None:
    """It is stacked without labels."""
    assert [] == labels("| A | B |\n| --- | --- |\n| c | d |\n")


def test_only_stacked_tables_are_labeled() -> None:
    """Others stay tables on a phone."""
    assert [] == labels(WIDE, "div.rb-see")
