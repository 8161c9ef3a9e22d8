"""Read the parameters cell of a notebook without running it, and compare it with the declared parameters."""

from __future__ import annotations

import ast
import io
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook_lib.notebook import controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.model.procedure import Procedure
    from runbook_lib.params import Field

_ANNOTATIONS = {"number": "int", "flag": "bool"}  # every other kind arrives as text


@dataclass(frozen=True)
class Written:
    """One parameter as the cell has it.

    Attributes:
        name: Its name.
        annotation: The text of its type; empty when it has none.
        value: The literal.
        commented: Whether a comment follows on the same line.
    """

    name: str
    annotation: str
    value: Any
    commented: bool


def read(text: str) -> list[Written]:
    """Return the parameters that a cell sets, in order. Runs nothing.

    Raises:
        ValueError: The cell holds something else than names that are set to literals.
    """
    try:
        body = ast.parse(text).body
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        raise ValueError("the parameters cell is not plain Python") from error
    commented = {token.start[0] for token in tokens if token.type == tokenize.COMMENT and len(token.string) > 1}
    return [_written(statement, commented) for statement in body]


def _written(statement: ast.stmt, commented: set[int]) -> Written:
    annotation = ""
    target: ast.expr | None = None
    if isinstance(statement, ast.AnnAssign):
        target, annotation = statement.target, ast.unparse(statement.annotation)
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    if not isinstance(target, ast.Name) or not isinstance(statement, ast.AnnAssign | ast.Assign) or not statement.value:
        raise ValueError(f"the parameters cell holds more than parameters: line {statement.lineno}")
    try:
        value = ast.literal_eval(statement.value)
    except ValueError as error:
        raise ValueError(f"{target.id} is not set to a plain value") from error
    return Written(target.id, annotation, value, statement.end_lineno in commented)


def problems(text: str, procedure: Procedure) -> Iterator[str]:
    """Yield what is not as declared: names, order, types, defaults; and what is not a commented scalar."""
    try:
        written = read(text)
    except ValueError as error:
        yield str(error)
        return
    declared = (*procedure.fields, *controls.fields(procedure))
    names = [item.name for item in written]
    if names != [field.name for field in declared]:
        yield f"the parameters cell sets {', '.join(names)}; declared are {', '.join(f.name for f in declared)}"
    for item in written:
        if type(item.value) not in {str, int, bool}:
            yield f"{item.name} is not a text, a whole number, True or False"
        if not item.commented:
            yield f"{item.name} has no comment on its line"
        for field in declared:
            if field.name == item.name:
                yield from _differences(item, field)


def _differences(item: Written, field: Field) -> Iterator[str]:
    annotation = _ANNOTATIONS.get(field.kind, "str")
    if item.annotation != annotation:
        yield f"{item.name} has the type {item.annotation or '(none)'}; it must be {annotation}"
    default = field.empty if field.required or field.default is None else field.default
    if type(item.value) is not type(default) or item.value != default:
        yield f"{item.name} is {item.value!r}; it must be {default!r}, {'empty' if field.required else 'the default'}"
