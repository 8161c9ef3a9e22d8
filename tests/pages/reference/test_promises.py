"""The page about the promises, and the record of their attacks."""

from __future__ import annotations

import ast
from pathlib import Path

from runbook_lib.pages.reference import promises
from runbook_lib.pages.reference.promises import Attack, Promise

ROOT = Path(__file__).resolve().parents[3]
PROMISE = Promise("undo", "Undo restores.", (Attack("A row changes", "tests/x.py::test_x"),))
RESULT = {"cases": 2, "failed": 0, "points": 40, "commit": "abc1234", "date": "2026-01-15", "versions": "Python 3.11"}


def _functions(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_promise_has_attacks_that_exist() -> None:
    """Each names a file and a function of the tests; no promise stands twice."""
    attacks = [attack for promise in promises.promises() for attack in promise.attacks]
    missing = [
        attack.test
        for attack in attacks
        if attack.test.partition("::")[2] not in _functions(attack.test.partition("::")[0])
    ]

    assert [] == missing
    assert all(promise.attacks for promise in promises.promises())
    assert len({promise.name for promise in promises.promises()}) == len(promises.promises())


def test_record_has_only_attacks_that_exist() -> None:
    """A renamed test loses its result: its attack must run again."""
    tests = {attack.test for promise in promises.promises() for attack in promise.attacks}

    assert set() == {*promises.results(promises.RECORD)} - tests


def test_record_counts_points_and_names_its_run() -> None:
    """Each case of an attack is at least one point."""
    recorded = promises.results(promises.RECORD).values()

    assert all(result["points"] >= result["cases"] > 0 for result in recorded)
    assert all(result["commit"] and result["date"] and result["versions"] for result in recorded)


def test_page_shows_points_result_and_run() -> None:
    """A result that held, with its commit, date and versions."""
    page = promises.promises_page([PROMISE], {"tests/x.py::test_x": RESULT})

    assert "## Undo restores { #undo }" in page
    assert "| A row changes | 40 | held | 2026-01-15, abc1234, Python 3.11 |" in page


def test_page_claims_nothing_that_was_not_run() -> None:
    """Without a result, and with one that failed."""
    assert "**not run**" in promises.promises_page([PROMISE], {})
    assert "**1 of 2 failed**" in promises.promises_page([PROMISE], {"tests/x.py::test_x": {**RESULT, "failed": 1}})


def test_later_results_win(tmp_path: Path) -> None:
    """The results of a run in ``build`` replace those that are committed; a missing file has none."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text('{"a": {"points": 1}, "b": {"points": 1}}')
    second.write_text('{"b": {"points": 2}}')

    merged = promises.results(first, second, tmp_path / "none.json")

    assert {"a": {"points": 1}, "b": {"points": 2}} == merged
