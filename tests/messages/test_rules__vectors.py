"""Every known literal message and its first rule; every rule has at least one message."""

from __future__ import annotations

import re

from runbook_lib import procedures
from runbook_lib.messages import classify, diagnose, rules
from tests.checks import check_each

SLOT = re.compile(r"\{[a-z_]+\}")


def ids() -> set[str]:
    """Return the ids of all rules."""
    return {rule.id for rule in rules.every()}


def test_known_message_gets_its_rule_first() -> None:
    """The best entry for each literal message is the one that was written for it."""

    def check(vector: tuple[str, str]) -> None:
        message, rule_id = vector
        assert rule_id == diagnose(message).entries[0].id

    check_each(rules.vectors(), check)


def test_known_message_is_found_between_other_lines() -> None:
    """A message inside a log is found with its line number; a status is recognized only as the complete text."""

    def check(vector: tuple[str, str]) -> None:
        message, rule_id = vector
        by_itself = diagnose(message).entries[0]
        inside = classify(f"2020-11-25 18:02:03 first\nand second\n{message}\nthe end")

        if by_itself.kind == "state" and not any(rule.id == rule_id and rule.any_of for rule in rules.every()):
            assert inside is None
        elif by_itself.kind != "state":
            assert inside is not None
            assert (rule_id, by_itself.line + 2) == (inside.id, inside.line)

    check_each(rules.vectors(), check)


def test_rules_and_vectors_correspond() -> None:
    """Every rule has a vector, and every vector has a rule."""
    assert ids() == {rule_id for _, rule_id in rules.vectors()}


def test_command_of_a_rule_exists() -> None:
    """A 'runbook plan' in a rule names a procedure, only its parameters, and all required ones."""

    def check(command: tuple[str, str]) -> None:
        arguments = command[1].split()
        fields = {field.name: field for field in procedures.find(arguments[2]).fields}
        given = {argument.partition("=")[0] for argument in arguments[4::2]}
        required = {name for name, field in fields.items() if field.required}

        assert ["runbook", "plan"] == arguments[:2]
        assert set() == given - fields.keys()
        assert set() == required - given

    commands = [(rule.id, command) for rule in rules.every() for command in rule.commands]
    check_each([command for command in commands if command[1].split()[0] == "runbook"], check)
