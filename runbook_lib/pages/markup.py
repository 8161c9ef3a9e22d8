"""Build small pieces of Markdown: fences, inline code, table rows, text that must stay text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_CODE = re.compile(r"(?P<ticks>`+)(?:(?!(?P=ticks)).)+?(?P=ticks)(?!`)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+\s*")
_HEADING = re.compile(r" {0,3}#{1,6}\s+(.*?)\s*#*\s*")


def plain(text: str) -> str:
    """Return `text` without terminal colors and without blank lines around it."""
    return _ANSI.sub("", text).strip("\n").rstrip()


def fence(text: str, info: str) -> str:
    """Return a fenced block that is longer than any run of backticks in `text`."""
    ticks = "`" * max([3, *(len(run) + 1 for run in re.findall(r"`{3,}", text))])
    return f"{ticks}{info}\n{text}\n{ticks}\n"


def code(value: object) -> str:
    """Return `value` as inline code with any content; an empty text becomes a word."""
    text = " ".join(str(value).split("\n"))
    if not text:
        return "(empty)"
    ticks = "`" * (1 + max([0, *(len(run) for run in re.findall(r"`+", text))]))
    pad = " " if "`" in text else ""
    return f"{ticks}{pad}{text}{pad}{ticks}"


def row(cells: Iterable[str]) -> str:
    """Return one table row; a pipe outside inline code is escaped, a line break becomes a blank."""
    return "| " + " | ".join(_outside_code(" ".join(cell.split("\n")), "|", r"\|") for cell in cells) + " |"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with these titles of columns and these rows of cells."""
    return "\n".join([row(head), row("---" for _ in head), *map(row, rows)]) + "\n"


def stacked(text: str) -> str:
    """Return Markdown prose with its tables marked, so that a phone stacks their cells."""
    lines, done = text.splitlines(), list[str]()
    closing = ""
    while lines:
        line = lines.pop(0)
        if opened := _FENCE.match(line):
            closing = ("" if line.strip() == closing else closing) if closing else opened[1]
        if closing or not (line.startswith("|") and lines and _RULE.fullmatch(lines[0])):
            done.append(line)
            continue
        body = [line, lines.pop(0)]
        while lines and lines[0].startswith("|"):
            body.append(lines.pop(0))
        done += block("div.rb-stack", "\n".join(body)).splitlines()
    return "\n".join(done)


def block(selector: str, content: str) -> str:
    """Return `content` inside an element, e.g. ``div.rb-see``; a line in it cannot close the element."""
    inner = "\n".join(f"\\{line}" if line.startswith("///") else line for line in content.strip("\n").splitlines())
    return f"/// html | {selector}\n\n{inner}\n\n///\n"


def indented(content: str) -> str:
    """Return `content` as the body of a tab or an admonition."""
    return "\n".join(f"    {line}" if line else "" for line in content.strip("\n").splitlines()) + "\n"


def tab(label: str, content: str) -> str:
    """Return one tab; consecutive tabs form a set."""
    return f'=== "{label}"\n\n{indented(content)}'


def tamed(text: str) -> str:
    """Return the Markdown of an output, with its tags shown as text and its headings as bold lines.

    A value of a row may look like a tag; a heading would appear in the page's table of contents. A block of text is
    marked as an output, like what a run prints.
    """
    lines: list[str] = []
    closing = ""
    for line in plain(text).splitlines():
        opened = _FENCE.match(line)
        if closing:
            closing = "" if line.strip() == closing else closing
            lines.append(line)
            continue
        if opened:
            closing = opened[1]
            plainly = line.strip().removeprefix(closing).strip() in {"", "text"}
            lines.append(f"{closing}{{ .text .no-copy }}" if plainly else line)
            continue
        heading = _HEADING.fullmatch(line)
        lines.append(_outside_code(f"**{heading[1]}**" if heading else line, "<", "&lt;"))
    return "\n".join(lines)


def _outside_code(text: str, old: str, new: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _CODE.finditer(text):
        parts += [text[end : match.start()].replace(old, new), match[0]]
        end = match.end()
    return "".join([*parts, text[end:].replace(old, new)])
