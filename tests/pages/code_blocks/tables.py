"""The tables of commands: which subcommands, options and values each knows; everything else is refused.

A table is a TOML file in ``commands``, named after its command:

- ``about``: what it is, and the release whose options these are.
- ``[values]``: kind of value → the values that the pages may use, or one text ``re:…``, a pattern for the whole value.
- ``[command]``: its options and arguments; ``[command.list]``: those of its subcommand ``list``, and so on downwards.
  ``options``: option → kind of its value, ``""`` for a switch. ``arguments``: the kinds, in order; one that ends in
  ``?`` may be left out, one that ends in ``*`` takes all that follow.
- ``then``: what follows the arguments is a command of its own.
- ``environment``: variable → the value it must have; ``folder``: the kinds of folder it must be started in.
"""

from __future__ import annotations

import functools
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = Path(__file__).parent / "commands"


class Refused(Exception):
    """A command that its table does not know."""


@dataclass(frozen=True)
class Known:
    """A command that its table knows.

    Attributes:
        node: The part of the table that fits: that of the last subcommand.
        then: The words of the command that it runs, if it runs one.
        path: The names of its subcommands.
    """

    node: Mapping[str, Any]
    then: tuple[str, ...]
    path: tuple[str, ...]


@functools.cache
def table(name: str) -> Mapping[str, Any]:
    """Return the table of a command.

    Raises:
        Refused: There is none.
    """
    path = FOLDER / f"{name}.toml"
    if not path.is_file():
        raise Refused(f"there is no table for {name}")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def check(name: str, arguments: Sequence[str]) -> Known:
    """Check the words after a command's name.

    Raises:
        Refused: An option, a value or an argument that the table does not have; or one is missing.
    """
    program = table(name)
    node: Mapping[str, Any] = program["command"]
    options: dict[str, str] = dict(node.get("options", {}))
    path: list[str] = []
    given: list[str] = []
    rest = list(arguments)
    while rest and not (node.get("then") and len(given) == len(node.get("arguments", ()))):
        word = rest.pop(0)
        if word.startswith("-") and word != "-":
            _option(program, name, options, word, rest)
        elif isinstance(node.get(word), dict) and not given and word not in {"options", "environment"}:
            node = node[word]
            path.append(word)
            options |= node.get("options", {})
        else:
            given.append(word)
    _arguments(program, name, node, given)
    return Known(node, tuple(rest), tuple(path))


def _option(program: Mapping[str, Any], name: str, options: Mapping[str, str], word: str, rest: list[str]) -> None:
    option, equals, value = word.partition("=")
    if option not in options:
        raise Refused(f"{name} has no option {option} here")
    if not options[option]:
        if equals:
            raise Refused(f"{name} {option} takes no value")
        return
    if not equals:
        if not rest:
            raise Refused(f"{name} {option} needs a value")
        value = rest.pop(0)
    _value(program, name, options[option], value)


def _arguments(program: Mapping[str, Any], name: str, node: Mapping[str, Any], given: Sequence[str]) -> None:
    wanted = list(node.get("arguments", ()))
    rest = list(given)
    for kind in wanted:
        bare = kind.rstrip("?*")
        if kind.endswith("*"):
            for value in rest:
                _value(program, name, bare, value)
            return
        if not rest:
            if kind.endswith("?"):
                return
            raise Refused(f"{name} needs {bare}")
        _value(program, name, bare, rest.pop(0))
    if rest:
        raise Refused(f"{name} does not know the argument {rest[0]}")


def _value(program: Mapping[str, Any], name: str, kind: str, value: str) -> None:
    allowed = program.get("values", {})[kind]
    pattern = allowed.removeprefix("re:") if isinstance(allowed, str) else "|".join(map(re.escape, allowed))
    if not re.fullmatch(pattern, value):
        raise Refused(f"{name}: {value!r} is no {kind} that the table knows")


def names() -> list[str]:
    """Return the names of the commands that have a table."""
    return [path.name.removesuffix(".toml") for path in sorted(FOLDER.glob("*.toml"))]
