"""Add the sentences that are the same in every notebook when its file is read, so that no file repeats them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbformat import NotebookNode

PLAN = "This step changes nothing."
ERRORS = "All errors, with what each leaves behind: [Errors](../reference/errors.md)."
_PLAN_HEADING = re.compile(r"^### 1\. Read the plan\n+", re.MULTILINE)
_FAILS_HEADING = re.compile(r"^## If it fails$", re.MULTILINE)
_SEND = re.compile(r"\n+Send: (?P<what>(?:(?!\n\n).)+?)\.\s*\Z", re.DOTALL)
_ALWAYS = {  # data that the support team always requires, by whether the procedure only inspects
    True: ("the whole output", f"the output of `{commands.DOCTOR}`"),
    False: ("the run's id", "the whole message", f"the output of `{commands.DOCTOR}`"),
}


def add(notebook: NotebookNode, *, inspects: bool) -> None:
    """Add the common sentences to the Markdown cells of a notebook, as `runbook_lib.notebook.source` reads it.

    Args:
        notebook: The notebook, changed in place.
        inspects: Whether its procedure only inspects.
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _PLAN_HEADING.sub(f"### 1. Read the plan\n\n{PLAN} ", f"{cell.source}\n").strip()
            if _FAILS_HEADING.search(cell.source):
                cell.source = _with_contact(cell.source, _ALWAYS[inspects])


def _with_contact(text: str, always: Sequence[str]) -> str:
    """Return a section with the contact and the data to send at its end; the phrases after ``Send:`` come first."""
    match = _SEND.search(text)
    *first, last = (*([" ".join(match["what"].split())] if match else []), *always)
    listed = f"{', '.join(first)}{',' if first[1:] else ''} and {last}"
    contact = f"If that does not help, send the Atmosphere support team {listed}."
    return f"{text[: match.start()] if match else text}\n\n{ERRORS} {contact}"
