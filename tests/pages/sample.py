"""One real notebook, executed for real, and parameters to go with it."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import jupytext
import papermill

from runbook_lib.pages.procedure_page import Source
from runbook_lib.params import Field

NOTEBOOK = Path(__file__).parent / "data" / "grant_sample.py"
STAMP = {
    "minutes": 3,
    "reversible": True,
    "verified": {"commit": "0123456-dirty", "date": "2026-01-15", "databases": ["SQLite", "PostgreSQL 15"]},
}
USERNAME = Field(
    name="username",
    kind="text",
    doc="the name the user logs in with",
    where="Admin > Manage Users",
    example="joetest",
    required=True,
    default=None,
    choices=(),
    longest=256,
)


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


def source(**changes: Any) -> Source:
    """Return the sample as a page's source, with fields replaced."""
    facts = {"name": "grant_staff", "notebook": executed(), "parameters": (USERNAME,), "stamp": STAMP}
    return Source(**(facts | changes))


def cell(notebook: dict[str, Any], first_line: str) -> dict[str, Any]:
    """Return the cell that begins with `first_line`."""
    return next(item for item in notebook["cells"] if "".join(item["source"]).startswith(first_line))
