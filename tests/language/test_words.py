"""The table of words: each row reports its example and ignores its fine sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.language import words
from tests.language.sources import Prose, everything, of_file

if TYPE_CHECKING:
    from pathlib import Path


def reported(kind: str, text: str, word: words.Word) -> list[str]:
    """Return the reports of one row for one sentence."""
    return list(words.findings(Prose("x.md", 1, kind, text), [word]))


def test_every_row_reports_its_example_and_ignores_its_fine_sentence() -> None:
    """A row that reports nothing, or too much, is listed."""
    missed = [word.example for word in words.table() if not reported(word.where[0], word.example, word)]
    wrong = [line for word in words.table() for line in reported(word.where[0], word.fine, word)]

    assert ([], []) == (missed, wrong)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("docs/page.md", "The run is mended.\n", [("page", 1)]),
        ("docs/page.md", "Literal: `mended`.\n\n```text\nmended\n```\n", []),
        ("notebooks/one.py", "# %% [markdown]\n# Mend it.\n\n# %%\nx = 1  # mend\n", [("page", 2), ("comment", 5)]),
        ("runbook_lib/one.py", '"""Mend a row."""\n# mended\n', [("docstring", 1), ("comment", 2)]),
        ("runbook_lib/one.py", 'raise ValueError("it can be mended by hand")\n', [("message", 1)]),
        ("runbook_lib/one.py", 'TEXT = f"mend {x} by hand"\n', [("message", 1)]),
        ("runbook_lib/one.py", 'TEXT = "mend it now"  # literal: another system says so\n', []),
        ("runbook_lib/one.py", "def mend_row() -> None: ...\n", [("name", 1)]),
        ("runbook_lib/one.py", 'KEY = "mend"\n', []),
        ("tests/test_one.py", 'assert "mend it now" == text\n', []),
        (
            "runbook_lib/messages/rules/a.toml",
            '[[rule]]\nid = "a"\nany = ["mend"]\nmeaning = "Mend it."\n',
            [("rule", 2)],
        ),
        ("Makefile", "all: ## mend everything\n", [("comment", 1)]),
        ("data.json", '"mend"', []),
    ],
)
def test_prose_is_found_where_people_read_it(
    tmp_path: Path, name: str, text: str, expected: list[tuple[str, int]]
) -> None:
    """Pages, cells, docstrings, comments, names, messages and rules are prose; code and literals are not."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    rows = [word for word in words.table() if word.good == "fix"]

    reported = [prose for prose in of_file(path, name) if list(words.findings(prose, rows))]

    assert expected == [(prose.kind, prose.line) for prose in reported]


def test_repository_has_every_kind_of_prose() -> None:
    """The walk covers pages, notebooks, rules and code, but not generated pages."""
    lines = list(everything())

    assert set(words.KINDS) == {prose.kind for prose in lines}
    assert [] == [prose.path for prose in lines if prose.path.startswith("docs/runbooks/")]
