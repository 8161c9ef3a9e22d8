"""Escape untrusted text for Markdown, code spans, code blocks and terminals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS = r"[\\`*_{}\[\]#!|]"  # every Markdown parser accepts a backslash before them
# These require an entity: Python-Markdown accepts a backslash only before some, and Jupyter links bare addresses.
_SIGNS = r"[&<>~$^=]|^[-+:]|:(?=//)|(?<=\bwww)\."
_SPECIAL = re.compile(rf"(?P<sign>{_SIGNS})|(?P<mark>{_MARKS}|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)])")


def plain(text: str) -> str:
    """Return Markdown that shows exactly `text`, on one line. Marks, links and tags in it have no effect."""
    line = " ".join(visible(text, lines=True).split())
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};" if match["sign"] else f"\\{match[0]}", line)


def code(text: str) -> str:
    """Return a Markdown code span that is safe in a table cell. Control characters are escaped."""
    text = visible(text)
    runs = re.findall(r"`+", text)
    fence = "`" * (1 + max(map(len, runs), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")


def block(text: str) -> str:
    """Return a fenced code block that no line of `text` can close."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    return f"{fence}text\n{visible(text, lines=True)}\n{fence}"


def visible(text: str, *, lines: bool = False) -> str:
    """Return a text with its control characters escaped, so that they have no effect on a terminal.

    Args:
        text: Any text.
        lines: Whether line breaks and tabs stay.
    """
    kept = "\n\t" if lines else ""
    return "".join(
        char if char.isprintable() or char in kept else char.encode("unicode_escape").decode() for char in text
    )


def visible_lines(lines: Sequence[str]) -> str:
    """Return lines for a terminal. Control characters and line breaks in them are escaped."""
    return "\n".join(visible(line) for line in lines)
