"""Read the table of words, and find them in a line of prose."""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.language.sources import Prose

TABLE = Path(__file__).with_name("words.toml")
KINDS = ("page", "rule", "message", "docstring", "comment", "name")


@dataclass(frozen=True)
class Word:
    """A row of the table.

    Attributes:
        bad: The expression to avoid.
        allowed: The permitted uses; None if there are none.
        good: The replacement.
        where: The kinds of text to which it applies.
        example: A sentence that must be reported.
        fine: A sentence that must not be reported.
    """

    bad: re.Pattern[str]
    allowed: re.Pattern[str] | None
    good: str
    where: tuple[str, ...]
    example: str
    fine: str


@functools.cache
def table() -> tuple[Word, ...]:
    """Return the rows of ``words.toml``."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["word"]
    return tuple(
        Word(
            bad=re.compile(row["bad"], 0 if row.get("case") else re.IGNORECASE),
            allowed=re.compile(row["not"]) if "not" in row else None,
            good=row["good"],
            where=tuple(row.get("where", KINDS)),
            example=row["example"],
            fine=row["fine"],
        )
        for row in rows
    )


def findings(prose: Prose, words: Sequence[Word]) -> Iterator[str]:
    """Yield a report for each word of the table in a line of prose."""
    for word in words:
        if prose.kind not in word.where:
            continue
        text = word.allowed.sub("", prose.text) if word.allowed else prose.text
        for match in word.bad.finditer(text):
            yield f"{prose.path}:{prose.line}: {prose.kind}: '{match[0].strip()[:60]}': write: {word.good}"
