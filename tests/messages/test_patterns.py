"""Patterns: what their placeholders match, and that no hostile text makes one of them backtrack."""

from __future__ import annotations

import re
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.messages import cleaning, diagnose, facts, rules, support_request
from runbook_lib.messages.patterns import compile_pattern
from tests.checks import check_each

if TYPE_CHECKING:
    from collections.abc import Iterator

REPETITIONS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
MAX_REPETITIONS = 2048
MEBIBYTE = 1 << 20


def every_expression() -> list[tuple[str, re.Pattern[str]]]:
    """Return every expression that matches untrusted text, with its name."""
    of_rules = [
        (f"{rule.id}: {pattern.text}", pattern.search)
        for rule in rules.every()
        for pattern in (*rule.any_of, *rule.when, *rule.exact)
    ]
    of_facts = [
        (f"{field} {number}", pattern)
        for field, patterns in facts.PATTERNS.items()
        for number, pattern in enumerate(patterns)
    ]
    named = {
        f"{module.__name__}.{name}": value
        for module in (support_request, facts, cleaning)
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }
    return [*of_rules, *of_facts, *named.items()]


def dangers(expression: str) -> list[str]:
    """Return the parts that could make the expression backtrack, from its parse tree.

    A repetition is safe if it is bounded, and fixed or possessive. A reluctant repetition tries each length once if it
    is inside an atomic group, or the only one of the expression. Without a bound even a possessive repetition reads
    the rest of the text from every position where it begins.
    """
    problems, reluctant = [], 0
    for operation, argument, repeated, atomic in _operations(parser.parse(expression)):
        if operation is codes.GROUPREF:
            problems.append("a reference to a group")
        if operation not in REPETITIONS:
            continue
        least, most, _ = argument
        if most is codes.MAXREPEAT or most > MAX_REPETITIONS:
            problems.append("a repetition without a bound, or with too high a bound")
        if operation is codes.MAX_REPEAT and least != most:
            problems.append("a greedy repetition that can backtrack")
        if repeated and _varies(argument):
            problems.append("a repetition inside a repetition")
        reluctant += operation is codes.MIN_REPEAT and not atomic
    return problems + (["more than one reluctant repetition"] if reluctant > 1 else [])


def _operations(node: Any, *, repeated: bool = False, atomic: bool = False) -> Iterator[tuple[Any, Any, bool, bool]]:
    """Yield each operation of a parse tree, its argument, and whether it is repeated or in an atomic group."""
    for operation, argument in node:
        yield operation, argument, repeated, atomic
        inside = repeated or (operation in REPETITIONS and _varies(argument))
        for part in _parts(argument):
            yield from _operations(part, repeated=inside, atomic=atomic or operation is codes.ATOMIC_GROUP)


def _varies(argument: Any) -> bool:
    least, most, _ = argument
    return most not in {least, 1}


def _parts(argument: Any) -> list[Any]:
    """Return the parse trees below an operation."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, list | tuple):
        return [part for piece in argument for part in _parts(piece)]
    return []


def test_no_expression_can_backtrack() -> None:
    """Every expression of the rules and the facts passes the structural check."""

    def check(named: tuple[str, re.Pattern[str]]) -> None:
        assert [] == dangers(named[1].pattern)

    check_each(every_expression(), check, label=lambda named: named[0])


@pytest.mark.parametrize(
    "expression",
    ["(a+)+b", "a*b", "a++b", "(?:a{1,9}){1,9}", r"(a)\1", "a{0,9999}+", "a{0,9}?b{0,9}?", "(?:a|b)*?c", "a?b"],
)
def test_dangerous_expression_is_found(expression: str) -> None:
    """The structural check finds nested, unbounded, greedy and referring expressions."""
    assert [] != dangers(expression)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        " ",
        "\n",
        "\r",
        "1",
        "([{",
        "'\\",
        "\x1b[",
        "\x1b]",
        "é\u2019\u202e",
        "Server ",
        "(processing -",
        "Quota exceeded for ",
        "Key (application_id, name)=(",
        "Instance: a IP:1.1.1.1 Hostname: ",
        "| fault | ",
        "| image | (",
        "2020-11-25 ",
        "0123abcd-",
        "Traceback (most recent call last):\n",
        "atmosphere_deploy.d/",
    ],
)
def test_mebibyte_of_any_text_is_diagnosed(unit: str) -> None:
    """The diagnosis of long hostile texts ends; with a pattern that backtracks the test would not end."""
    diagnosis = diagnose(unit * (MEBIBYTE // len(unit)))

    assert diagnosis.message.text


@pytest.mark.parametrize(
    ("pattern", "text", "fields"),
    [
        ("Server {instance_id=word} does not exist", "Server 12-ab does not exist", {"instance_id": "12-ab"}),
        ("Server {instance_id=word} does not exist", "server\n 12-ab  does\nnot exist.", {"instance_id": "12-ab"}),
        ("result {code=number}", "result 42", {"code": "42"}),
        ("Image path{where=text}does not exist", "image path (/a b) does not exist", {"where": " (/a b) "}),
        ("label {name=id}", "label ansible-deploy-x7", {"name": "ansible-deploy-x7"}),
        ("(validating){dash}ERROR", "(validating) - ERROR", {}),
        ("(validating){dash}ERROR", "(validating) ERROR", {}),
        ("ends with {rest=text}", "ends with all of it\nbut not this", {"rest": "all of it"}),
    ],
)
def test_placeholder_matches_variable_part(pattern: str, text: str, fields: dict[str, str]) -> None:
    """Named placeholders are captured; blanks match line breaks, and case is ignored."""
    folded = cleaning.fold(text)
    match = next(compile_pattern(pattern).find(folded))

    assert fields == {name: text[slice(*span)] for name, span in match.fields.items()}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("error 1", "error 12"),
        ("error 1", "terror 1"),
        ("result {number}", "result x"),
        ("Server {word} does not exist", "Server a b does not exist"),
        ("Image path{text}does not exist", "Image path\ndoes not exist"),
        ("Image path{text}does not exist", f"Image path {'x' * 300} does not exist"),
    ],
)
def test_pattern_does_not_match_too_much(pattern: str, text: str) -> None:
    """A match ends at word boundaries; a placeholder stays in its line and within its bound."""
    assert [] == list(compile_pattern(pattern).find(cleaning.fold(text)))


@pytest.mark.parametrize("text", ["{word} failed", "ab{word}", "abc {nothing}", "abc {na me=word}", "abc {=word}"])
def test_pattern_without_literal_prefix_is_rejected(text: str) -> None:
    """A pattern must begin with a literal, and its placeholders must be known."""
    with pytest.raises(ValueError, match=r"placeholder|literal characters"):
        compile_pattern(text)
