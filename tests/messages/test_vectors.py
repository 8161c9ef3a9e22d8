"""Every known message and its first rule, every foreign message and the rules that must not act on it."""

from __future__ import annotations

import re

from runbook_lib import procedures
from runbook_lib.messages import classify, diagnose, rules, vectors
from tests.checks import check_each

SLOT = re.compile(r"\{[a-z_]+\}")


def ids() -> set[str]:
    """Return the ids of all rules."""
    return {rule.id for rule in rules.every()}


def test_known_message_gets_its_rule_first() -> None:
    """The best entry for each literal message is the one that was written for it."""

    def check(vector: vectors.Vector) -> None:
        message, rule_id = vector.message, vector.rule
        assert rule_id == diagnose(message).entries[0].id

    check_each(vectors.every(), check)


def test_known_message_is_found_between_other_lines() -> None:
    """A message inside a log is found with its line number; a status is recognized only as the complete text."""

    def check(vector: vectors.Vector) -> None:
        message, rule_id = vector.message, vector.rule
        by_itself = diagnose(message).entries[0]
        inside = classify(f"2020-11-25 18:02:03 first\nand second\n{message}\nthe end")

        if by_itself.kind == "state" and not any(rule.id == rule_id and rule.any_of for rule in rules.every()):
            assert inside is None
        elif by_itself.kind != "state":
            assert inside is not None
            assert (rule_id, by_itself.line + 2) == (inside.id, inside.line)

    check_each(vectors.every(), check)


def test_rules_and_vectors_correspond() -> None:
    """Every rule has a vector, and every vector has a rule."""
    assert ids() == {vector.rule for vector in vectors.every()}


def test_command_of_a_rule_exists() -> None:
    """A command of the runbook in a rule names a procedure, only its parameters, and all required ones."""

    def check(command: tuple[str, str]) -> None:
        arguments = command[1].split()
        fields = {field.name: field for field in procedures.find(arguments[2]).fields}
        given = {argument.partition("=")[0] for argument in arguments[4::2]}
        required = {name for name, field in fields.items() if field.required}

        assert arguments[1] in {"plan", "inspect"}
        assert set() == given - fields.keys()
        assert set() == required - given

    commands = [(rule.id, command) for rule in rules.every() for command in rule.commands]
    check_each([command for command in commands if command[1].split()[0] == "runbook"], check)


def test_foreign_message_gets_no_advice_of_the_rule() -> None:
    """For a message of another program, the named rules are not a cause and give no command."""

    def check(foreign: vectors.Foreign) -> None:
        entries = [entry for entry in diagnose(foreign.message).entries if entry.id in foreign.never]
        assert [] == [entry.id for entry in entries if entry.kind in {"cause", "symptom"} or entry.commands]

    assert {name for foreign in vectors.foreign() for name in foreign.never} <= ids()
    check_each(vectors.foreign(), check)


def test_source_of_a_vector_is_complete() -> None:
    """A vector names a product with a release; a product with a release number also has a file and a line."""
    releases = vectors.releases()

    def check(vector: vectors.Vector) -> None:
        assert vector.product in releases
        assert bool(vector.file) == bool(vector.line)
        assert vector.line or not vector.file

    check_each(vectors.every(), check)
    assert {vector.product for vector in vectors.every()} == releases.keys()
    assert {"atmosphere", "chromogenic"} <= {vector.product for vector in vectors.every() if vector.line}


def test_literal_is_wrapped_as_its_writer_prints_it() -> None:
    """A state and an exception wrap a literal in the form of an imaging request's status message."""
    messages = {vector.rule: vector.message for vector in vectors.every()}

    assert (
        "(validating) - ERROR - AttributeError(\"'NoneType' object has no attribute 'provider'\",) "
        "Exception:'Traceback (most recent call last):\\n'"
    ) == messages["imaging-no-machine"]
    assert (
        "Time allocation exceeded: Allocation TG-ASC160018 is over 100% by 12.5 hours."
        == (messages["allocation-exceeded"])
    )
