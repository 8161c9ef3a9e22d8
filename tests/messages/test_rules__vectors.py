"""Every known literal message, and what must be said about it first; every rule is told by at least one."""

from __future__ import annotations

import re

from runbook_lib import procedures
from runbook_lib.messages import classify, diagnose, rules
from tests.checks import check_each

SLOT = re.compile(r"\{[a-z_]+\}")


def ids() -> set[str]:
    """Return the ids of all rules."""
    return {rule.id for rule in rules.every()}


def test_a_known_message_gets_its_rule_first() -> None:
    """The best entry for each literal message is the one that was written for it."""

    def check(vector: tuple[str, str]) -> None:
        message, name = vector
        assert name == diagnose(message).entries[0].id

    check_each(rules.vectors(), check)


def test_a_known_message_is_found_between_other_lines_too() -> None:
    """A message is found with its line number inside a log; a status alone is one only where nothing else is said."""

    def check(vector: tuple[str, str]) -> None:
        message, name = vector
        by_itself = diagnose(message).entries[0]
        inside = classify(f"2020-11-25 18:02:03 first\nand second\n{message}\nthe end")

        if by_itself.kind == "state" and not any(rule.id == name and rule.any_of for rule in rules.every()):
            assert inside is None
        elif by_itself.kind != "state":
            assert inside is not None
            assert (name, by_itself.line + 2) == (inside.id, inside.line)

    check_each(rules.vectors(), check)


def test_every_rule_has_a_vector_and_every_vector_a_rule() -> None:
    """A rule that nothing tells, or a message without its rule, is a mistake in the files."""
    assert ids() == {name for _, name in rules.vectors()}


def test_a_command_of_a_rule_is_one_that_exists() -> None:
    """A 'runbook plan' in a rule names a procedure, its parameters, and all of those that are required."""

    def check(command: tuple[str, str]) -> None:
        words = command[1].split()
        fields = {field.name: field for field in procedures.find(words[2]).fields}
        given = {word.partition("=")[0] for word in words[4::2]}
        required = {name for name, field in fields.items() if field.required}

        assert ["runbook", "plan"] == words[:2]
        assert set() == given - fields.keys()
        assert set() == required - given

    commands = [(rule.id, command) for rule in rules.every() for command in rule.commands]
    check_each([command for command in commands if command[1].split()[0] == "runbook"], check)
