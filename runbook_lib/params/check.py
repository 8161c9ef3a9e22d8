"""Check given parameters: report unknown and missing names and wrong values at once, and fill in defaults."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import ParamError
from runbook_lib.params.convert import FLAGS, typed
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.params.declaration import Field


def from_text(declared: Sequence[Field], given: Mapping[str, str], *, procedure: str) -> dict[str, Any]:
    """Return the typed values of command-line arguments, where every value is text.

    Raises:
        ParamError: A name is unknown or missing, or a text does not have the declared kind; all problems at once.
    """
    values: dict[str, Any] = {}
    for field in declared:
        text = given.get(field.name)
        if text is not None:
            values[field.name] = FLAGS.get(text.lower(), text) if field.kind == "flag" else text
    others = {name: text for name, text in given.items() if name not in values}
    return check(declared, values | others, procedure=procedure)


def check(declared: Sequence[Field], given: Mapping[str, Any], *, procedure: str) -> dict[str, Any]:
    """Return `given` with its values in the declared types and the defaults filled in.

    Args:
        declared: The declared parameters.
        given: Name → value as received; an empty text, or 0 for a number, means "not set".
        procedure: The procedure's name, for the messages.

    Raises:
        ParamError: All problems at once. The value of a secret is never repeated.
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
    """Return the sentence about an unknown parameter, with the most similar known one."""
    names = [field.name for field in declared]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}" if names else "there are none"
    shown = name if re.fullmatch(r"\w{1,60}", name) else "a name that is not a word"
    return f"there is no parameter {shown}: {guess}"
