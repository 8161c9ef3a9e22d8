"""Escaping of untrusted text."""

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
    "http://example.org/a?b=1",
    "www.example.org",
    "two\nlines",
]


def rendered(text: str) -> str:
    """Return what a reader sees of a paragraph of Markdown."""
    page = renderer.markdown(f"before {escape.plain(text)}", extensions=["tables", "attr_list", "admonition"])
    return html.unescape(page)


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_is_shown_unchanged(text: str) -> None:
    """Markdown in the text has no effect."""
    assert f"<p>before {' '.join(text.split())}</p>" == rendered(text)


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_at_the_start_of_a_line_starts_no_block(text: str) -> None:
    """It does not become a heading, a list or a quote."""
    page = renderer.markdown(escape.plain(text), extensions=["tables", "attr_list", "admonition"])

    assert page.startswith("<p>")


@given(st.text(max_size=200))
def test_control_characters_are_escaped(text: str) -> None:
    """No text has an effect on a terminal."""
    assert all(char.isprintable() for char in escape.visible(text))
    assert all(char.isprintable() or char in "\n\t" for char in escape.visible(text, lines=True))


@given(st.text(alphabet="`ab\n", max_size=40))
def test_only_its_fence_closes_a_block(text: str) -> None:
    """No line of the block starts with the fence."""
    first, *inner, last = escape.block(text).split("\n")

    assert first == f"{last}text"
    assert [] == [line for line in inner if line.startswith(last)]


@pytest.mark.parametrize("text", ["http://example.org", "see https://example.org/x", "www.example.org", "ftp://a.b"])
def test_bare_address_is_not_an_address_in_the_source(text: str) -> None:
    """Jupyter makes a link of every bare address that it recognizes."""
    source = escape.plain(text)

    assert "://" not in source
    assert "www." not in source
    assert text == html.unescape(source)
