"""The columns of a quota are one list."""

from __future__ import annotations

import ast
from pathlib import Path

from runbook_lib import model
from runbook_lib.model import quota
from runbook_lib.systems.db.models.atmosphere.identities import Quota

PACKAGE = Path(model.__file__).parents[1]


def test_columns_are_those_of_the_table() -> None:
    """Every column of the table but its keys is listed, in the same order."""
    columns = [field.name for field in Quota._meta.concrete_fields if field.name not in {"id", "uuid"}]

    assert columns == list(quota.FIELDS)
    assert set(quota.API_AT_LEAST_ONE) <= set(quota.FIELDS)


def test_no_other_module_lists_the_columns() -> None:
    """A list elsewhere would miss the next column."""
    lists = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != Path(quota.__file__)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Tuple | ast.List | ast.Dict)
        and len(set(quota.FIELDS) & {text.value for text in ast.walk(node) if isinstance(text, ast.Constant)}) > 5
    ]

    assert [] == lists
