"""Texts of other programs: none of them leads to a command with consequences."""

from __future__ import annotations

import ast
import errno
import http
import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from runbook_lib.messages import diagnose, rules
from tests.checks import check_each

if TYPE_CHECKING:
    from collections.abc import Iterator

CONSEQUENTIAL = (
    "glance-manage db purge",
    "qemu-nbd -d",
    "runbook plan restart_",
    "runbook plan close_",
    "runbook plan start_maintenance",
    "runbook plan stop_maintenance",
    "runbook plan reboot_",
    "runbook plan redeploy_",
    "delete",
)
TEXTS = 500
MIN_WORDS = 3
MIN_LITERAL = 12
DECORATIONS = ("{}", "HTTP 409 Conflict: {}", "Task x raised unexpected: {}", "ERROR - {} (HTTP 503)")


def raised_texts() -> Iterator[str]:
    """Yield the literals of the exceptions that Python's standard library raises."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8", errors="replace"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                for argument in node.exc.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield argument.value


def foreign_texts() -> list[str]:
    """Return errors of the operating system, phrases of HTTP, and exceptions of Python, decorated as logs do."""
    texts = [f"{os.strerror(number)}: [Errno {number}]" for number in sorted(errno.errorcode)]
    texts += [f"{status.value} {status.phrase}: {status.description}" for status in http.HTTPStatus]
    texts += [text for text in raised_texts() if len(text.split()) >= MIN_WORDS]
    distinct = list(dict.fromkeys(texts))[:TEXTS]
    return [DECORATIONS[number % len(DECORATIONS)].format(text) for number, text in enumerate(distinct)]


def is_consequential(command: str) -> bool:
    """Return whether a command restarts, stops, denies, deletes or interrupts something."""
    return any(words in command for words in CONSEQUENTIAL)


def test_foreign_text_leads_to_no_command_with_consequences() -> None:
    """None of 500 texts of other programs gets a command that restarts, stops, denies or deletes something."""
    texts = foreign_texts()

    def check(text: str) -> None:
        commands = [command for entry in diagnose(text).entries for command in entry.commands]
        assert [] == [command for command in commands if is_consequential(command)]

    assert TEXTS == len(texts)
    check_each(texts, check)


def test_message_that_leads_to_consequences_is_specific() -> None:
    """Each message of a rule with such a command is long enough, covers the complete text, or needs its topic named."""

    def check(rule: rules.MessageRule) -> None:
        beside = sum(pattern.literal for pattern in rule.when)
        assert rule.is_generic or all(pattern.literal + beside >= MIN_LITERAL for pattern in rule.any_of)

    check_each([rule for rule in rules.every() if any(map(is_consequential, rule.commands))], check)
