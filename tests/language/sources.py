"""Read the prose of the repository line by line: pages, notebooks, messages, docstrings, comments and names."""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
NOT_READ = {"docs/runbooks", "docs/reference", "build", "site", "tests/language"}  # generated, or the table itself
RULE_FIELDS = ("meaning", "causes", "next_step")  # the other fields are literals of other systems, ids and paths
LITERAL = "# literal"  # a comment at the end of a line whose text is a literal of another system
_FENCE = re.compile(r"^( *)(```+|~~~+).*?^\1\2`*\s*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"``.+?``|`[^`]*`|<[^>]+>|\]\([^)]*\)|https?://\S+")
_QUOTED = re.compile(r"`[^`]*`|https?://\S+")
_UNQUOTED = re.compile(r"[^'\"#]*#")  # the first '#' is outside a string, unless the string has several lines
_SENTENCE = re.compile(r"[a-z]+ [a-z{]+", re.IGNORECASE)


@dataclass(frozen=True)
class Prose:
    """A line of prose.

    Attributes:
        path: The path of the file, relative to the repository.
        line: The number of the line, from 1.
        kind: ``page``, ``rule``, ``message``, ``docstring``, ``comment`` or ``name``.
        text: The prose, without code, addresses and literals of other systems.
    """

    path: str
    line: int
    kind: str
    text: str


def everything(root: Path = ROOT) -> Iterator[Prose]:
    """Yield the prose of every handwritten file."""
    for folder, folders, files in os.walk(root):
        relative = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if (relative / name).as_posix() not in NOT_READ and name[0] != ".")
        for name in sorted(files):
            yield from of_file(Path(folder) / name, (relative / name).as_posix())


def of_file(path: Path, name: str) -> Iterator[Prose]:
    """Yield the prose of one file, or nothing for a kind of file without prose."""
    if path.suffix == ".md":
        yield from _markdown(path.read_text(encoding="utf-8"), name, first=1)
    elif name.startswith("notebooks/") and path.suffix == ".py":
        yield from _notebook(path.read_text(encoding="utf-8"), name)
    elif path.suffix == ".py":
        yield from _python(path.read_text(encoding="utf-8"), name)
    elif name.startswith("runbook_lib/messages/rules/"):
        yield from _rules(path.read_text(encoding="utf-8"), name)
    elif path.name == "Makefile":
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if "#" in line:
                yield Prose(name, number, "comment", line.partition("#")[2].lstrip("# "))


def _markdown(text: str, name: str, *, first: int) -> Iterator[Prose]:
    shown = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for number, line in enumerate(shown.splitlines(), start=first):
        yield Prose(name, number, "page", _INLINE.sub("x", line))


def _notebook(text: str, name: str) -> Iterator[Prose]:
    """Yield the Markdown cells of a py:percent notebook, and the comments of its parameters."""
    markdown, begin = False, 0
    cell: list[str] = []
    for number, line in enumerate([*text.splitlines(), "# %%"], start=1):
        if line.startswith("# %%"):
            if markdown:
                yield from _markdown("\n".join(cell), name, first=begin)
            markdown, begin, cell = "[markdown]" in line, number + 1, []
        elif markdown:
            cell.append(line.removeprefix("#").removeprefix(" "))
        elif "  # " in line:
            yield Prose(name, number, "comment", line.rpartition("  # ")[2])


def _python(text: str, name: str) -> Iterator[Prose]:
    tree, lines = ast.parse(text), text.splitlines()
    nodes = list(ast.walk(tree))
    documented = {id(node.body[0].value) for node in nodes if _has_docstring(node)}
    inside = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    messages = not name.startswith(("tests/", "runbook_lib/fixture/rows/", "benchmarks/"))
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) in documented:
            yield from _lines(node.value, name, node.lineno, "docstring")
        elif messages and isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{x}" for part in node.values]
            yield from _message("".join(map(str, parts)), name, node, lines)
        elif messages and isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield from _message(node.value, name, node, lines)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield Prose(name, node.lineno, "name", node.name.replace("_", " ").strip())
    for number, comment in _comments(text, nodes):
        if not comment.startswith(("# noqa", "# type", LITERAL)):
            yield Prose(name, number, "comment", _QUOTED.sub("x", comment.lstrip("# ")))


def _comments(text: str, nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield each comment with its line. The tokenizer is slow, so only files with ambiguous '#' characters use it."""
    strings = [node for node in nodes if isinstance(node, ast.Constant | ast.JoinedStr)]
    inside = {line for node in strings for line in range(node.lineno, node.end_lineno or 0)}  # of multi-line strings
    marked = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if "#" in line]
    if all(_UNQUOTED.match(line) and not inside & {number, number - 1} for number, line in marked):
        yield from ((number, line[line.index("#") :]) for number, line in marked)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _has_docstring(node: Any) -> bool:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None


def _message(text: str, name: str, node: ast.expr, lines: list[str]) -> Iterator[Prose]:
    """Yield a string of code that is a sentence, unless its line is marked as a literal of another system."""
    last = lines[(node.end_lineno or node.lineno) - 1]
    if _SENTENCE.search(text) and LITERAL not in last and LITERAL not in lines[node.lineno - 1]:
        yield from _lines(text, name, node.lineno, "message")


def _lines(text: str, name: str, first: int, kind: str) -> Iterator[Prose]:
    for number, line in enumerate(text.splitlines(), start=first):
        yield Prose(name, number, kind, _QUOTED.sub("x", re.sub(r"``.+?``", "x", line)).strip())


def _rules(text: str, name: str) -> Iterator[Prose]:
    lines = text.splitlines()
    for rule in tomllib.loads(text).get("rule", []):
        begin = next(n for n, line in enumerate(lines, start=1) if line == f'id = "{rule["id"]}"')
        for field in RULE_FIELDS:
            value = rule.get(field, [])
            for sentence in [value] if isinstance(value, str) else value:
                yield Prose(name, begin, "rule", _QUOTED.sub("x", sentence))
