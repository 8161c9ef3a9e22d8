"""Read the known messages: each is produced from the literal in the code that writes it, and leads to its rule."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

_TRACEBACK = "Traceback (most recent call last):\\n"
_IMAGING_ERROR = "({state}) - ERROR - {exception} Exception:'{traceback}'"
"""Atmosphere v37-5, service/tasks/machine.py:295-304, with values in the form of Python 2's ``repr()``."""


@dataclass(frozen=True)
class Vector:
    """A message, and the rule that must come first for it.

    Attributes:
        rule: The id of the rule.
        message: The message as an operator sees it.
        product: The product that writes it: a key of `releases`, such as ``atmosphere``.
        file: The file in the product's source; empty for a product whose source was not read.
        line: The line of the literal in the file; 0 without a file.
    """

    rule: str
    message: str
    product: str
    file: str
    line: int


@dataclass(frozen=True)
class Foreign:
    """A message of another program or task, for which some rules must not be a cause and must give no command.

    Attributes:
        message: The message.
        never: The ids of the rules.
    """

    message: str
    never: tuple[str, ...]


@functools.cache
def every() -> tuple[Vector, ...]:
    """Return all vectors, in the order of the file."""
    return tuple(_vector(entry) for entry in _document()["vector"])


@functools.cache
def foreign() -> tuple[Foreign, ...]:
    """Return the foreign messages."""
    return tuple(Foreign(entry["message"], tuple(entry["never"])) for entry in _document()["foreign"])


def releases() -> dict[str, str]:
    """Return product → the release or edition that its literals are from."""
    return dict(_document()["releases"])


@functools.cache
def _document() -> dict[str, Any]:
    file = resources.files("runbook_lib.messages") / "vectors.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _vector(entry: dict[str, Any]) -> Vector:
    product, _, place = entry["source"].partition(" ")
    file, _, line = place.rpartition(":")
    return Vector(entry["rule"], _message(entry), product, file, int(line) if line.isdigit() else 0)


def _message(entry: dict[str, Any]) -> str:
    """Return the literal with its values, inside the exception and the status message that carry it."""
    literal, values = entry["literal"], tuple(entry.get("values", ()))
    message = str(literal)
    if values:
        message = literal % values if "%s" in literal else literal.format(*values)
    if exception := entry.get("exception"):
        message = f"{exception}({message!r},)"
    if state := entry.get("state"):
        message = _IMAGING_ERROR.format(state=state, exception=message, traceback=_TRACEBACK)
    return message
