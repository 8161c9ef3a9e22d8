"""Wrap prose to the width of a terminal, without breaking or hyphenating what a person must copy."""

from __future__ import annotations

import re
import textwrap

_MIN_WIDTH = 40  # a narrower terminal wraps by itself
_LABEL = re.compile(r"\s*(?:\d+\. |note: |predicted: |irreversible: |- )?")


def wrapped(line: str, width: int | None) -> str:
    """Return a line of prose, broken at blanks. Its continuation is indented below its text.

    Args:
        line: The line; an ID, an address or a command longer than the width stays in one piece.
        width: The characters of a terminal's line; None for a pipe or a file, where a line stays one line.
    """
    if width is None or width < _MIN_WIDTH or len(line) <= width or "\n" in line:
        return line
    label = _LABEL.match(line)
    indent = " " * (label.end() if label else 0)
    lines = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)
