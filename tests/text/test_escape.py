"""Text of others, made safe to show."""

from __future__ import annotations

import html

import markdown as renderer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook_lib.text import escape

TEXTS = [
    "# a heading",
    "- an item",
    "1. an item",
    "> a quote",
    "a | b",
    "[x](http://example.org)",
    "![x](http://example.org/x.png)",
    "<b>bold</b>",
    "*bold* _it_ `code` ~~no~~",
    "&lt; &amp;",
    '=== "tab"',
    "!!! danger",
    "/// html | div",
    "$x$ {: .class } ^a^",
    "back\\slash",
    "two\nlines",
]


def rendered(text: str) -> str:
    """Return what a reader sees of a paragraph of Markdown."""
    page = renderer.markdown(f"before {escape.plain(text)}", extensions=["tables", "attr_list", "admonition"])
    return html.unescape(page)


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    """Whatever a user typed is read as that, and does nothing."""
    assert f"<p>before {' '.join(text.split())}</p>" == rendered(text)


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_at_the_start_of_a_line_is_no_block(text: str) -> None:
    """Nor does it become a heading, a list or a quote where it begins a line."""
    page = renderer.markdown(escape.plain(text), extensions=["tables", "attr_list", "admonition"])

    assert page.startswith("<p>")


@given(st.text(max_size=200))
def test_nothing_that_is_shown_can_steer_a_terminal(text: str) -> None:
    """Control characters are written out, in any text."""
    assert all(char.isprintable() for char in escape.visible(text))
    assert all(char.isprintable() or char in "\n\t" for char in escape.visible(text, lines=True))


@given(st.text(alphabet="`ab\n", max_size=40))
def test_a_block_is_closed_by_its_own_fence_only(text: str) -> None:
    """No line of it is as long as the fence."""
    first, *inner, last = escape.block(text).split("\n")

    assert first == f"{last}text"
    assert [] == [line for line in inner if line.startswith(last)]
