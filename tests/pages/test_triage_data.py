"""The browser gets every rule and every pattern of triage."""

from __future__ import annotations

import json

from runbook_lib.messages import rules
from runbook_lib.messages.facts import PATTERNS
from runbook_lib.pages.triage_data import triage_data, triage_script
from runbook_lib.text import mask


def test_rules_keep_their_order_and_patterns() -> None:
    """The order decides between equal rules."""
    data = triage_data()

    assert [rule.id for rule in rules.every()] == [rule["id"] for rule in data["rules"]]
    assert [[pattern.text for pattern in rule.any_of] for rule in rules.every()] == [
        rule.get("any_of", []) for rule in data["rules"]
    ]
    assert list(PATTERNS) == list(data["facts"])
    assert len(mask.RULES) == len(data["mask"]["rules"])


def test_script_is_plain_data() -> None:
    """One assignment, in the order of the library's tables."""
    text = triage_script()
    head, _, body = text.partition("=")

    assert "window.runbook.triageData" == head
    assert json.loads(json.dumps(triage_data())) == json.loads(body.removesuffix(";\n"))
