"""Elements of inline SVG pictures: attributes, escaped text, wrapping, and the frame with the same in words."""

from __future__ import annotations

import html
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Attribute = str | float | None
WIDTH = 360
"""The units of a picture's width: it reads on a phone."""
NAMESPACE = "http://www.w3.org/2000/svg"


def element(tag: str, content: str = "", /, **attributes: Attribute) -> str:
    """Return an element; without content it closes itself.

    Args:
        tag: The element's name.
        content: Its markup, which is not escaped.
        attributes: By name, ``font_size`` for ``font-size`` and ``class_`` for ``class``; one that is None is left out.
    """
    pairs = [f' {_name(name)}="{_value(value)}"' for name, value in attributes.items() if value is not None]
    start = f"<{tag}{''.join(pairs)}"
    return f"{start}>{content}</{tag}>" if content else f"{start}/>"


def text(words: str, **attributes: Attribute) -> str:
    """Return a ``text`` element with these words."""
    return element("text", html.escape(words), **attributes)


def letters(width: float, *, size: int, letter: float) -> int:
    """Return how many letters fit into a line.

    Args:
        width: The width of the line.
        size: The height of the letters.
        letter: The width of a letter, as a share of its height.
    """
    return int(width / (size * letter))


def wrapped(words: str, letters: int) -> list[str]:
    """Return the lines of a text, none longer than so many letters."""
    return textwrap.wrap(words, letters, break_on_hyphens=False)


def described(title: str, words: str, *, title_id: str, words_id: str) -> str:
    """Return the elements that give a picture a title, and the same in words for those who cannot see it."""
    return element("title", html.escape(title), id=title_id) + element("desc", html.escape(words), id=words_id)


def figure(name: str, parts: Iterable[str], *, size: tuple[int, int], title: str, words: str) -> str:
    """Return a page's picture, width and height in `size`, in a frame that the search leaves out."""
    ids = {"title_id": f"picture-{name}-title", "words_id": f"picture-{name}-words"}
    drawing = element(
        "svg",
        described(title, words, **ids) + "".join(parts),
        viewBox=f"0 0 {size[0]} {size[1]}",
        role="img",
        aria_labelledby=" ".join(ids.values()),
        xmlns=NAMESPACE,
    )
    return element("figure", drawing, class_="rb-picture", data_search_exclude="")


def _name(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def _value(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else html.escape(str(value))
