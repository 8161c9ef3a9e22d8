"""Find the words and numbers in a page's prose that state a fact; code blocks and comments are not prose."""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEADER = re.compile(r"\A---\n.*?^---$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`+)(?!`)(?P<text>.+?)(?<!`)\1(?!`)", re.DOTALL)
_MENU = re.compile(r"(?P<text>\b[A-Z]\w+(?: > [A-Z]\w+(?: [A-Z]\w+)*)+)")
_EMPHASIS = re.compile(r"(?<!\*)\*(?P<text>[^*\s](?:[^*]*[^*\s])?)\*(?!\*)|\*\*\*(?P<strong>[^*]+)\*\*\*")
_LINK = re.compile(r"\]\([^)\s]*\)")
_TIMES = "milliseconds?|seconds?|minutes?|min|hours?|days?|weeks?|months?|attempts?"
_UNITS = rf"{_TIMES}|times|retries|characters?|MB|GB|CPUs|nodes|tasks|rows|files"
_NUMBER = re.compile(
    rf"\b(?P<text>(?:\d[\d,]*(?:\.\d+)?(?:(?: to |-)\d[\d,.]*)?[ -](?:{_UNITS})"
    rf"|(?:one|two|three|four|five|six|ten)[ -](?:{_TIMES}))\b|\b\d+ ?%)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^#{1,6} (?P<title>.+)$")
_BLOCK_START = re.compile(r"^ *(?:[-*] |\d+\. |\||#|!!!)")
CODE, MENU, EMPHASIS, NUMBER = "code", "menu", "emphasis", "number"


@dataclass(frozen=True)
class Mention:
    """One word, name or number of the prose.

    Attributes:
        page: The page's path, such as ``docs/tools/argo.md``.
        line: Its line, from 1.
        section: The heading above it; the page's title before the first section.
        markup: ``code``, ``menu``, ``emphasis`` or ``number``.
        text: The text within the markup; its blanks are single.
        context: The paragraph, list item or table row around it, in one line.
        span: The position in the page's text.
    """

    page: str
    line: int
    section: str
    markup: str
    text: str
    context: str
    span: tuple[int, int]


def find(path: Path, page: str) -> tuple[Mention, ...]:
    """Return the mentions of one page in their order. Writes nothing."""
    return of_text(path.read_text(encoding="utf-8"), page)


def of_text(text: str, page: str) -> tuple[Mention, ...]:
    """Return the mentions of a page's text: Markdown, or a notebook if the page's name ends in ``.py``."""
    prose = _blank(_prose(text, is_notebook=page.endswith(".py")))
    blocks = _Blocks(prose)
    return tuple(
        Mention(page=page, line=line, section=section, markup=markup, text=word, context=context, span=span)
        for markup, word, span in sorted(_words(prose), key=lambda entry: entry[2])
        for line, section, context in [blocks.at(span[0])]
    )


def _prose(text: str, *, is_notebook: bool) -> str:
    """Return the text with everything but prose blanked; positions and lines stay."""
    if not is_notebook:
        return text
    lines, inside = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("# %%"):
            inside = "[markdown]" in line
            lines.append(_spaces(line))
        else:
            lines.append("  " + line[2:] if inside and line.startswith("# ") else _spaces(line))
    return "".join(lines)


def _blank(text: str) -> str:
    for pattern in (_HEADER, _FENCE, _COMMENT):
        text = pattern.sub(lambda match: _spaces(match[0]), text)
    return text


def _spaces(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _words(prose: str) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Yield the markup, the word and the position of each mention; found words are blanked for the next pattern."""
    for markup, pattern in ((CODE, _CODE), (None, _LINK), (MENU, _MENU), (EMPHASIS, _EMPHASIS), (NUMBER, _NUMBER)):
        for match in pattern.finditer(prose):
            if markup is not None:
                group = "strong" if markup == EMPHASIS and match["strong"] else "text"
                if "\x00" not in match[group]:  # code within an emphasis is a mention of its own
                    yield markup, " ".join(match[group].split()), match.span(group)
        if markup != NUMBER:
            prose = pattern.sub(lambda match: re.sub(r"[^\n]", "\x00", match[0]), prose)


class _Blocks:
    """The line, section and block of each position in a page."""

    def __init__(self, prose: str) -> None:
        self._lines = prose.split("\n")
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._sections: list[str] = []
        self._blocks: list[int] = []
        section, block = "", 0
        for number, line in enumerate(self._lines):
            if heading := _HEADING.match(line.strip()):
                section = heading["title"]
            if not line.strip() or _BLOCK_START.match(line) or _HEADING.match(line.strip()):
                block = number
            self._sections.append(section)
            self._blocks.append(block)

    def at(self, position: int) -> tuple[int, str, str]:
        """Return the line from 1, the section and the block of a position."""
        number = bisect.bisect_right(self._starts, position) - 1
        block = self._blocks[number]
        end = next((other for other in range(number, len(self._lines)) if self._blocks[other] != block), None)
        return number + 1, self._sections[number], " ".join(" ".join(self._lines[block:end]).split())
