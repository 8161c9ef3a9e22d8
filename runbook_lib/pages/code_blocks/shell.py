"""Find the programs that a block of shell starts, and classify each: ours, real, or played by a stand-in."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OURS = frozenset({"runbook", "papermill"})
# Programs of every Linux system; the tests run them.
REAL = frozenset({
    "awk", "bash", "cat", "cd", "cut", "echo", "export", "find", "grep", "head", "ls", "pgrep", "printf", "ps", "sed",
    "sort", "source", "tail", "tr", "uniq", "unzip", "wc", "xargs", "zcat", "zgrep",
})  # fmt: skip
# Played by tests/pages/code_blocks/stand_in.py, with one table per command in tests/pages/code_blocks/commands/.
STAND_INS = frozenset({
    "application_sync_providers.py", "application_to_provider.py", "argo", "docker-compose", "kubectl", "manage.py",
    "nova", "openstack", "python", "service", "sudo", "systemctl",
})  # fmt: skip
_SEPARATORS = frozenset({"|", "||", "&&", ";", "&", "|&", "(", ")", "\n"})
_KEYWORDS = frozenset({"do", "done", "then", "fi", "else", "elif", "if", "while", "until", "!", "{", "}", "time"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_REDIRECTION = re.compile(r"\d*(>>?|<)&?\d*")


def programs(text: str) -> tuple[str, ...]:
    """Return the names of the programs that a block starts, without their folders, in order.

    Raises:
        ValueError: A quote is not closed, or a prompt precedes a command.
    """
    return tuple(name.rpartition("/")[2] for arguments in commands(text) for name in _program(arguments))


def commands(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the arguments of each simple command.

    Raises:
        ValueError: A quote is not closed, or a prompt precedes a command.
    """
    if re.search(r"^\s*(?:\$|#|>>>|%)\s+\w", re.sub(r"^\s*# .*$", "", text, flags=re.MULTILINE), re.MULTILINE):
        raise ValueError("a prompt stands before a command: the copy button would copy it")
    commands: list[tuple[str, ...]] = []
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split, lexer.commenters = True, "#"
        arguments: list[str] = []
        for word in [*lexer, "\n"]:
            if word in _SEPARATORS:
                commands += [tuple(arguments)] if arguments else []
                arguments = []
            else:
                arguments.append(word)
    return tuple(commands)


def _program(arguments: Sequence[str]) -> Iterator[str]:
    """Yield a command's program, unless the command only assigns or is the head of a loop."""
    if arguments[0] in {"for", "case"}:
        return
    for word in arguments:
        if word not in _KEYWORDS and not _ASSIGNMENT.fullmatch(word) and not _REDIRECTION.fullmatch(word):
            yield word
            return


def kind(program: str) -> str:
    """Return ``ours``, ``real``, ``stand-in`` or ``unknown``."""
    for name, programs in (("ours", OURS), ("real", REAL), ("stand-in", STAND_INS)):
        if program in programs:
            return name
    return "unknown"
