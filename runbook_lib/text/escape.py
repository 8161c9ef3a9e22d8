"""Make any text safe to show: as Markdown that stays text, as code, on a terminal that obeys no escape sequence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS = r"[\\`*_{}\[\]#!|]"  # a backslash before them is understood by every reader of Markdown
_SIGNS = r"[&<>~$^=]|^[-+:]"  # these need an entity: Python-Markdown takes no backslash before all of them
_SPECIAL = re.compile(rf"(?P<sign>{_SIGNS})|(?P<mark>{_MARKS}|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)])")


def plain(words: str) -> str:
    """Return `words` as Markdown that shows exactly them, on one line: no mark, link or tag in it works."""
    line = " ".join(visible(words, lines=True).split())
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};" if found["sign"] else f"\\{found[0]}", line)


def code(words: str) -> str:
    """Return `words` as a Markdown code span that is safe in a table cell; a control character is written out."""
    words = visible(words)
    runs = re.findall(r"`+", words)
    fence = "`" * (1 + max(map(len, runs), default=0))
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}".replace("|", "\\|")


def block(words: str) -> str:
    """Return `words` as a fenced block that no line of them can close."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", words))])
    return f"{fence}text\n{visible(words, lines=True)}\n{fence}"


def visible(words: str, *, lines: bool = False) -> str:
    """Return `words` with its control characters written out, so that a terminal does not obey them.

    Args:
        words: Any text.
        lines: Leave line breaks and tabs as they are.
    """
    kept = "\n\t" if lines else ""
    return "".join(
        char if char.isprintable() or char in kept else char.encode("unicode_escape").decode() for char in words
    )


def visible_lines(lines: Sequence[str]) -> str:
    """Return the lines of a text for a terminal; nothing in one of them steers it, or begins a line of its own."""
    return "\n".join(visible(line) for line in lines)
