"""Elements of inline SVG pictures: attributes, escaped text, wrapped lines, and the frame with a description."""

from __future__ import annotations

import html
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Attribute = str | float | None
WIDTH = 360
"""A picture's width in units, which fits a phone."""
NAMESPACE = "http://www.w3.org/2000/svg"


def element(tag: str, content: str = "", /, **attributes: Attribute) -> str:
    """Return an element, self-closing without content.

    Args:
        tag: The element's name.
        content: Its markup, unescaped.
        attributes: ``font_size`` for ``font-size``, ``class_`` for ``class``. A value of None omits the attribute.
    """
    pairs = [f' {_name(name)}="{_value(value)}"' for name, value in attributes.items() if value is not None]
    start = f"<{tag}{''.join(pairs)}"
    return f"{start}>{content}</{tag}>" if content else f"{start}/>"


def text(content: str, **attributes: Attribute) -> str:
    """Return a ``text`` element with escaped content."""
    return element("text", html.escape(content), **attributes)


def letters(width: float, *, size: int, letter: float) -> int:
    """Return the number of letters that fit on a line.

    Args:
        width: The width of the line.
        size: The height of the letters.
        letter: The width of a letter, as a share of its height.
    """
    return int(width / (size * letter))


def wrap(content: str, max_letters: int) -> list[str]:
    """Return the lines of a text, each of at most `max_letters` letters."""
    return textwrap.wrap(content, max_letters, break_on_hyphens=False)


def title_and_description(title: str, description: str, *, title_id: str, description_id: str) -> str:
    """Return a picture's ``title`` and ``desc`` elements, for readers who can't see it."""
    return element("title", html.escape(title), id=title_id) + element(
        "desc", html.escape(description), id=description_id
    )


def figure(name: str, parts: Iterable[str], *, size: tuple[int, int], title: str, description: str) -> str:
    """Return a page's picture in a frame that the search ignores. `size` is width and height."""
    ids = {"title_id": f"picture-{name}-title", "description_id": f"picture-{name}-description"}
    drawing = element(
        "svg",
        title_and_description(title, description, **ids) + "".join(parts),
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
