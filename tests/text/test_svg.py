"""The elements that the pictures are made of."""

from __future__ import annotations

import pytest

from runbook_lib.text import svg

HOSTILE = '</text><script>alert("1")</script>'


def test_attributes_are_spelled_as_svg_spells_them() -> None:
    """An underscore is a hyphen, one at the end protects a word of Python, a number has no needless zeros."""
    expected = '<text class="rb-quiet" font-size="12" x="1.5" y="3">a</text>'

    assert expected == svg.text("a", class_="rb-quiet", font_size=12, x=1.5, y=3.0)


def test_attribute_without_value_is_left_out() -> None:
    """None is no attribute, and an element without content closes itself."""
    assert '<path d="M0 0"/>' == svg.element("path", class_=None, d="M0 0")


def test_text_and_attributes_are_escaped() -> None:
    """No text ends its element or its attribute."""
    drawn = [
        svg.text(HOSTILE, x=0),
        svg.element("path", d=HOSTILE),
        svg.figure("a", [], size=(1, 2), title=HOSTILE, words=HOSTILE),
    ]

    assert [] == [text for text in drawn if "<script" in text or '"1"' in text]


@pytest.mark.parametrize(("expected", "width"), [(["aaa bb", "c-d"], 36.0), (["aaa", "bb", "c-d"], 35.9)])
def test_text_is_wrapped_to_the_width(expected: list[str], width: float) -> None:
    """A line holds as many letters as fit; a word with a hyphen stays in one piece."""
    assert expected == svg.wrapped("aaa bb c-d", svg.letters(width, size=12, letter=0.5))


def test_figure_names_title_and_words() -> None:
    """Those who cannot see the picture are led to its title and to its words."""
    drawn = svg.figure("a", ["<g/>"], size=(360, 20), title="Title", words="Words")

    assert 'aria-labelledby="picture-a-title picture-a-words"' in drawn
    assert '<title id="picture-a-title">Title</title><desc id="picture-a-words">Words</desc><g/>' in drawn
