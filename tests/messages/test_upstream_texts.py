"""The texts of upstream's source: the list is complete, and each text has its rule or a reason for having none."""

from __future__ import annotations

import json
from pathlib import Path

from runbook_lib.messages import diagnose, rules, upstream_texts
from tests.checks import check_each

LITERALS = Path(__file__).with_name("upstream_literals.txt")
"""One line per literal, read from the releases' source: product, file and line, a tab, and the literal as JSON."""


def literals() -> dict[str, str]:
    """Return place → literal of every text in upstream's source."""
    lines = LITERALS.read_text(encoding="utf-8").splitlines()
    return {place: json.loads(literal) for place, _, literal in (line.partition("\t") for line in lines)}


def test_every_literal_of_the_source_is_listed() -> None:
    """No text is missing, none is invented, and none differs from the source."""
    assert literals() == {text.place: text.literal for text in upstream_texts.every()}
    assert len(literals()) == len(upstream_texts.every())


def test_text_with_a_rule_gets_it_first() -> None:
    """The literal with values, as a traceback or a log prints it, leads to its rule."""

    def check(text: upstream_texts.UpstreamText) -> None:
        assert text.rule == diagnose(text.message).entries[0].id

    check_each([text for text in upstream_texts.every() if text.rule], check, label=lambda text: text.place)


def test_text_without_a_rule_has_a_reason() -> None:
    """Every text has exactly one of both; every reason is a sentence and is used."""

    def check(text: upstream_texts.UpstreamText) -> None:
        assert bool(text.rule) != bool(text.reason)

    check_each(upstream_texts.every(), check, label=lambda text: text.place)
    used = {text.reason for text in upstream_texts.every() if text.reason}
    assert upstream_texts.reasons().keys() == used
    assert [] == [reason for reason in upstream_texts.reasons().values() if not reason.endswith(".")]
    assert {text.rule for text in upstream_texts.every() if text.rule} <= {rule.id for rule in rules.every()}


def test_every_task_and_product_is_named() -> None:
    """The tables of titles and releases have an entry for each, and no other."""
    assert upstream_texts.tasks().keys() == {text.task for text in upstream_texts.every()}
    assert upstream_texts.releases().keys() == {text.product for text in upstream_texts.every()}


def test_placeholders_are_filled() -> None:
    """Both forms of placeholders get values, and two percent signs become one."""
    messages = {text.place: text.message for text in upstream_texts.every()}

    assert (
        "OverAllocationError: Time allocation exceeded: Allocation 12 is over 100% by 12 hours."
        == messages["atmosphere service/exceptions.py:99"]
    )
    assert (
        "AnsibleDeployException: Instance: 2f4d9a52-6a1c-4d0e-9d52-1f6f7d3f0a01 IP:192.0.2.17 "
        "Hostname: vm1.example.org - Failed" == messages["atmosphere service/deploy.py:499"]
    )
