"""One real notebook, executed for real, and parameters to go with it."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import papermill

from runbook_lib.model.procedure import Procedure
from runbook_lib.pages.procedure_page import ProcedurePage
from runbook_lib.params import param

NOTEBOOK = Path(__file__).parent / "data" / "grant_sample.py"
STAMP = {
    "minutes": 3,
    "reversible": True,
    "verified": {"commit": "0123456-dirty", "date": "2026-01-15", "databases": ["SQLite", "PostgreSQL 15"]},
}


@dataclass(frozen=True)
class Params:
    """The parameter of the sample procedure."""

    username: str = param("the name the user logs in with", where="Admin > Manage Users", example="joetest")


@functools.cache
def _executed() -> str:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before.ipynb"), Path(folder, "after.ipynb")
        jupytext.write(jupytext.read(NOTEBOOK), before)
        values = {"username": "joetest", "apply": True, "reason": "a test"}
        papermill.execute_notebook(str(before), str(after), values, progress_bar=False)
        return after.read_text(encoding="utf-8")


def executed() -> dict[str, Any]:
    """Return a fresh copy of the sample notebook as papermill left it; it is run once a process."""
    return copy.deepcopy(json.loads(_executed()))


def procedure(**changes: Any) -> Procedure:
    """Return the sample's procedure, with attributes replaced."""
    facts = {"name": "grant_staff", "summary": "Grant staff access.", "minutes": 3, "declaration": Params}
    return Procedure(**(facts | {"needs": ("atmosphere",)} | changes))


def page(**changes: Any) -> ProcedurePage:
    """Return the sample's page, with fields replaced."""
    facts = {"procedure": procedure(), "notebook": executed(), "stamp": STAMP}
    return ProcedurePage(**(facts | changes))


def cell(notebook: dict[str, Any], first_line: str) -> dict[str, Any]:
    """Return the cell that begins with `first_line`."""
    return next(item for item in notebook["cells"] if "".join(item["source"]).startswith(first_line))
