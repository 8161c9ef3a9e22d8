"""Read the parameters cell of a notebook without running it."""

from __future__ import annotations

import ast
from typing import Any


def read(text: str) -> dict[str, Any]:
    """Return name → value for each assignment of a cell, in order. Run nothing.

    Raises:
        ValueError: The cell contains anything except assignments of literals.
    """
    try:
        body = ast.parse(text).body
    except SyntaxError as error:
        raise ValueError("the parameters cell is not plain Python") from error
    return dict(_item(statement) for statement in body)


def _item(statement: ast.stmt) -> tuple[str, Any]:
    target: ast.expr | None = None
    if isinstance(statement, ast.AnnAssign):
        target = statement.target
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    if not isinstance(target, ast.Name) or not isinstance(statement, ast.AnnAssign | ast.Assign) or not statement.value:
        raise ValueError(f"the parameters cell holds more than parameters: line {statement.lineno}")
    try:
        return target.id, ast.literal_eval(statement.value)
    except ValueError as error:
        raise ValueError(f"{target.id} is not set to a plain value") from error
