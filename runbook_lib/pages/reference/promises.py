"""Generate the page about the promises: each with its attacks, and what their last recorded run found."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib.pages.markup import block, table

if TYPE_CHECKING:
    from collections.abc import Sequence

RECORD = Path(__file__).with_suffix(".json")
"""The committed results. A test run writes newer ones to ``build/promises.json``."""

Results = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Attack:
    """One attack on a promise.

    Attributes:
        text: The attack, in one sentence.
        test: The test that makes it, as ``FILE::FUNCTION``.
    """

    text: str
    test: str


@dataclass(frozen=True)
class Promise:
    """One promise.

    Attributes:
        name: Its anchor on the page.
        text: The promise.
        attacks: The attacks on it.
    """

    name: str
    text: str
    attacks: tuple[Attack, ...]


def promises() -> tuple[Promise, ...]:
    """Return all promises."""
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        rows = tomllib.load(file)["promise"]
    return tuple(
        Promise(row["name"], row["text"], tuple(Attack(**attack) for attack in row["attacks"])) for row in rows
    )


def results(*files: Path) -> Results:
    """Return test → its last result; a later file wins. A missing file has none."""
    merged: dict[str, Mapping[str, Any]] = {}
    for file in files:
        if file.exists():
            merged |= json.loads(file.read_text(encoding="utf-8"))
    return merged


def promises_page(all_promises: Sequence[Promise], recorded: Results) -> str:
    """Return ``reference/promises.md``. An attack without a result is shown as not run."""
    introduction = (
        "---\ndescription: What the runbook promises, the attacks on each promise, and their results.\n"
        "search:\n  boost: 0.4\n---\n\n"
        "# Promises\n\nEach promise is attacked by tests. *Points* is the number of places, values or histories that "
        "one run of the attack tried. The result is that of the last recorded run, which names its commit. "
        "`make test` makes the quick attacks, `make soak` the long ones.\n"
    )
    lines = [introduction]
    for promise in all_promises:
        rows = [(attack.text, *_cells(recorded.get(attack.test))) for attack in promise.attacks]
        body = block("div.rb-stack", table(("Attack", "Points", "Result", "Run"), rows))
        lines.append(f"## {promise.text.rstrip('.')} {{ #{promise.name} }}\n\n{body}")
    return "\n".join(lines)


def _cells(result: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if result is None:
        return "", "**not run**", ""
    outcome = "held" if result["failed"] == 0 else f"**{result['failed']} of {result['cases']} failed**"
    return str(result["points"]), outcome, f"{result['date']}, {result['commit']}, {result['versions']}"
