"""Change one word or number of the pages into another real one of its kind, to measure what the binding notices."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authoring.prose import mentions, resolve, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from authoring.prose.mentions import Mention


@dataclass(frozen=True)
class Mutation:
    """One changed word of a page.

    Attributes:
        kind: The kind of the word.
        mention: The word.
        other: What replaces it.
    """

    kind: str
    mention: Mention
    other: str

    def __str__(self) -> str:
        """Return the place and the change."""
        return f"{self.kind}: {self.mention.page}:{self.mention.line}: {self.mention.text} -> {self.other}"

    def is_noticed(self, root: Path) -> bool:
        """Return whether the changed page has a problem."""
        text = (root / self.mention.page).read_text(encoding="utf-8")
        start, end = self.mention.span
        changed = text[:start] + self.other + text[end:]
        page = resolve.Page(self.mention.page, mentions.of_text(changed, self.mention.page))
        return any(page.problems())


def mutations(root: Path, seed: int) -> Iterator[Mutation]:
    """Yield mutations without end, each kind equally often; the same for the same seed."""
    chance = random.Random(seed)
    by_kind = defaultdict(list)
    for path in resolve.pages(root):
        name = path.relative_to(root).as_posix()
        for mention in mentions.find(path, name):
            if "\n" not in path.read_text(encoding="utf-8")[slice(*mention.span)]:
                by_kind[_kind(mention)].append(mention)
    while True:
        for kind, candidates in sorted(by_kind.items()):
            mention = chance.choice(candidates)
            others = [other for other in _others(kind, mention, candidates) if not other.endswith(mention.text)]
            yield Mutation(kind, mention, chance.choice(others))


def _kind(mention: Mention) -> str:
    text, is_code = mention.text, mention.markup == mentions.CODE
    kinds = {
        "number": mention.markup == mentions.NUMBER,
        "status": mention.markup != mentions.MENU and text in vocabulary.every_status(),
        "variable": is_code and text.startswith("RUNBOOK_"),
        "table": is_code and text in vocabulary.columns(),
        "column": is_code
        and bool(re.fullmatch(r"[a-z_.]+", text))
        and text.split(".")[-1] in vocabulary.column_names(),
        "parameter": is_code and bool(re.fullmatch(r"[a-z_]+=\w+", text)),
    }
    return next((kind for kind, applies in kinds.items() if applies), resolve.kind(mention.markup, text))


def _others(kind: str, mention: Mention, candidates: Sequence[Mention]) -> list[str]:
    """Return real words of the same kind: all that the code or upstream has, or else those of the pages."""
    tables = vocabulary.columns()
    if kind == "number":
        number, rest = re.match(r"([\d.,]+|\w+)(.*)", mention.text, re.DOTALL).groups()  # type: ignore[union-attr]
        return [f"{int(number) + step}{rest}" for step in (-1, 1, 10)] if number.isdigit() else _used(candidates)
    if kind == "column" and "." in mention.text:
        return [f"{table}.{name}" for table in sorted(tables) for name in sorted(tables[table])]
    all_words = {
        "status": vocabulary.every_status(),
        "column": vocabulary.column_names(),
        "table": tables,
        "variable": vocabulary.variables(),
        "file": [word for word, entry in vocabulary.upstream().items() if entry.kind == "file"],
    }
    return sorted(all_words[kind]) if kind in all_words else _used(candidates)


def _used(candidates: Sequence[Mention]) -> list[str]:
    return sorted({candidate.text for candidate in candidates})
