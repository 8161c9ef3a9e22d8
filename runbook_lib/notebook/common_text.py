"""Add the sentences that are the same in every notebook when its file is read, so that no file repeats them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

PLAN = "Nothing changes yet."
ERRORS = "[Other errors](../reference/errors.md)."
SUPPORT = "[support](../tools/support.md#a-procedure)"  # that section lists the data that support always requires
_PLAN_HEADING = re.compile(r"^### 1\. Read the plan\n+", re.MULTILINE)
_FAILS_HEADING = re.compile(r"^## If it fails$", re.MULTILINE)
_SEND = re.compile(r"\n+Send: (?P<what>(?:(?!\n\n).)+?)\.\s*\Z", re.DOTALL)


def add(notebook: NotebookNode) -> None:
    """Add the common sentences to the Markdown cells of a notebook, as `runbook_lib.notebook.source` reads it.

    Args:
        notebook: The notebook, changed in place.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _PLAN_HEADING.sub(f"### 1. Read the plan\n\n{PLAN} ", f"{cell.source}\n").strip()
            if _FAILS_HEADING.search(cell.source):
                cell.source = _with_contact(cell.source)


def _with_contact(text: str) -> str:
    """Return a section with the contact and the data to send at its end: the phrases after ``Send:``."""
    match = _SEND.search(text)
    if not match:
        return f"{text}\n\n{ERRORS} Otherwise, contact {SUPPORT}."
    return f"{text[: match.start()]}\n\n{ERRORS} Otherwise, send {SUPPORT}: {' '.join(match['what'].split())}."
