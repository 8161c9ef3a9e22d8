"""The elements of the pictures."""

from __future__ import annotations

import pytest

from runbook_lib.text import svg

HOSTILE = '</text><script>alert("1")</script>'


def test_attribute_names_and_numbers_have_svg_form() -> None:
    """Underscores become hyphens, trailing ones are removed, and numbers have no trailing zeros."""
    expected = '<text class="rb-quiet" font-size="12" x="1.5" y="3">a</text>'

    assert expected == svg.text("a", class_="rb-quiet", font_size=12, x=1.5, y=3.0)


def test_attribute_without_value_is_omitted() -> None:
    """None omits the attribute, and an element without content is self-closing."""
    assert '<path d="M0 0"/>' == svg.element("path", class_=None, d="M0 0")


def test_text_and_attributes_are_escaped() -> None:
    """Text can't end its element or attribute."""
    drawn = [
        svg.text(HOSTILE, x=0),
        svg.element("path", d=HOSTILE),
        svg.figure("a", [], size=(1, 2), title=HOSTILE, description=HOSTILE),
    ]

    assert [] == [text for text in drawn if "<script" in text or '"1"' in text]


@pytest.mark.parametrize(("expected", "width"), [(["aaa bb", "c-d"], 36.0), (["aaa", "bb", "c-d"], 35.9)])
def test_text_is_wrapped_to_the_width(expected: list[str], width: float) -> None:
    """A line has as many letters as fit. Hyphenated words are not split."""
    assert expected == svg.wrap("aaa bb c-d", svg.letters(width, size=12, letter=0.5))


def test_figure_refers_to_title_and_description() -> None:
    """Screen readers find the title and the description."""
    drawn = svg.figure("a", ["<g/>"], size=(360, 20), title="Title", description="Description")

    assert 'aria-labelledby="picture-a-title picture-a-description"' in drawn
    assert '<title id="picture-a-title">Title</title><desc id="picture-a-description">Description</desc><g/>' in drawn
