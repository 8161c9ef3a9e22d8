"""Texts that staff met, each with the right answer."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from runbook_lib.messages import classify, diagnose
from runbook_lib.messages.cleaning import clean, fold
from runbook_lib.messages.facts import extract

CASES = tomllib.loads((Path(__file__).parent / "field_cases.toml").read_text(encoding="utf-8"))["case"]
KEYS = {"id", "text", "rule", "about", "kind", "says", "never", "commands", "no_rule", "no_fact"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_text_gets_the_right_answer(case: dict[str, Any]) -> None:
    """The right rule comes first with the right advice, and no entry has a command of the wrong one."""
    assert set() == case.keys() - KEYS
    entries = diagnose(case["text"]).entries
    best = classify(case["text"], case.get("about", ()))
    commands = [command for entry in (best, *entries) if entry for command in entry.commands]

    assert (None if case.get("no_rule") else case["rule"]) == (best.id if best else None)
    if best:
        assert case.get("kind", best.kind) == best.kind
        assert case.get("says", "") in f"{best.meaning} {best.next_step} {' '.join(best.causes)}"
        assert set() == set(case.get("commands", ())) - set(best.commands)
    assert [] == [command for command in commands for words in case.get("never", ()) if words in command]
    assert set() == set(case.get("no_fact", ())) & extract(clean(case["text"]), fold(clean(case["text"]))).values.keys()


def test_cases_are_distinct() -> None:
    """Every case has its own name and text."""
    assert len(CASES) == len({case["id"] for case in CASES}) == len({case["text"] for case in CASES})
