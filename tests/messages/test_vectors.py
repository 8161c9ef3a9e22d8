"""Every known literal message, and what must be said about it first; every rule is told by at least one."""

from __future__ import annotations

import re

import pytest

from runbook_lib import procedures
from runbook_lib.messages import classify, diagnose, rules

SLOT = re.compile(r"\{[a-z_]+\}")


def ids() -> set[str]:
    """Return the ids of all rules."""
    return {rule.id for rule in rules.every()}


@pytest.mark.parametrize(("message", "name"), rules.vectors())
def test_a_known_message_gets_its_rule_first(message: str, name: str) -> None:
    """The best entry for each literal message is the one that was written for it."""
    entries = diagnose(message).entries

    assert name == entries[0].id


@pytest.mark.parametrize(("message", "name"), rules.vectors())
def test_a_known_message_is_found_between_other_lines_too(message: str, name: str) -> None:
    """A message is found with its line number inside a log; a status alone is one only where nothing else is said."""
    by_itself = diagnose(message).entries[0]
    inside = classify(f"2020-11-25 18:02:03 first\nand second\n{message}\nthe end")

    if by_itself.kind == "state" and not any(rule.id == name and rule.any_of for rule in rules.every()):
        assert inside is None
    elif by_itself.kind != "state":
        assert inside is not None
        assert (name, by_itself.line + 2) == (inside.id, inside.line)


def test_every_rule_has_a_vector_and_every_vector_a_rule() -> None:
    """A rule that nothing tells, or a message without its rule, is a mistake in the files."""
    assert ids() == {name for _, name in rules.vectors()}


@pytest.mark.parametrize("rule", rules.every(), ids=lambda rule: rule.id)
def test_a_command_of_a_rule_is_one_that_exists(rule: rules.Rule) -> None:
    """A 'runbook plan' in a rule names a procedure, its parameters, and all of those that are required."""
    for command in rule.commands:
        words = command.split()
        if words[0] != "runbook":
            continue
        fields = {field.name: field for field in procedures.find(words[2]).fields}
        given = {word.partition("=")[0] for word in words[4::2]}
        required = {name for name, field in fields.items() if field.required}

        assert ["runbook", "plan"] == words[:2]
        assert set() == given - fields.keys()
        assert set() == required - given
