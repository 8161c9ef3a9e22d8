"""What was given, name by name: unknown and missing ones found, defaults filled in, every problem told at once."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import ParamError
from runbook_lib.params.convert import typed
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.params.declaration import Field


def from_text(declared: Sequence[Field], given: Mapping[str, str], *, procedure: str) -> dict[str, Any]:
    """Return typed values of what was typed on a command line, where every value is text.

    Raises:
        ParamError: Unknown names, missing ones, or text that is not of the declared kind; all of them at once.
    """
    values: dict[str, Any] = {}
    for field in declared:
        text = given.get(field.name)
        if text is not None:
            values[field.name] = _FLAGS.get(text.lower(), text) if field.kind == "flag" else text
    return check(declared, values | {n: t for n, t in given.items() if n not in values}, procedure=procedure)


_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def check(declared: Sequence[Field], given: Mapping[str, Any], *, procedure: str) -> dict[str, Any]:
    """Return `given` with its values in the declared types and the defaults filled in.

    Args:
        declared: The parameters there are.
        given: Name → value as it arrived; an empty text (or 0 for a number) is 'not given'.
        procedure: For the messages.

    Raises:
        ParamError: Everything that is wrong, at once. No value of a secret is ever repeated.
    """
    problems = [unknown(name, declared) for name in given if name not in {field.name for field in declared}]
    values: dict[str, Any] = {}
    for field in declared:
        raw = given.get(field.name, field.empty)
        if raw == field.empty and type(raw) is type(field.empty):
            if field.required:
                problems.append(f"{field.name} is missing: {field.doc}")
            values[field.name] = field.default
            continue
        try:
            values[field.name] = typed(field, raw)
        except ValueError as error:
            problems.append(f"{field.name} {error}")
    if problems:
        raise ParamError(
            procedure=procedure,
            problems=problems,
            next_step=f"'{commands.show(procedure)}' lists the parameters, their types and where to find their values",
        )
    return values


def unknown(name: str, declared: Sequence[Field]) -> str:
    """Return the sentence for a parameter that does not exist, with the nearest one that does."""
    names = [field.name for field in declared]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}" if names else "there are none"
    shown = name if re.fullmatch(r"\w{1,60}", name) else "a name that is not a word"
    return f"there is no parameter {shown}: {guess}"
