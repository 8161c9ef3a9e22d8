"""Generate the table of predictions from the executed examples of the procedures; no I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runbook_lib.pages import executed
from runbook_lib.pages.markup import block, code, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.pages.procedure_page import ProcedurePage

# A difference has a sign, and the key of a nested value after a dot.
_CALL = re.compile(r"^\| \d+ \| api \| [^|]* \| (?:&#\d+; )?([^|.]*?)(?:\.[^|]*)? \|", re.MULTILINE)
_PREDICTED = re.compile(r"^\| `([a-z_]+):([^`|]*)` \| (\w+) \| [^|]* \| [^|]* \| `([^`]*)` \|", re.MULTILINE)


def predicted(page: ProcedurePage) -> tuple[tuple[str, ...], ...]:
    """Return calls, table, column and source of each prediction in the plan of the executed example."""
    plans = (cell for cell in executed.read(page.notebook) if cell.source.strip().startswith("run.plan("))
    rows: list[tuple[str, ...]] = []
    for output in (output for cell in plans for output in cell.outputs):
        calls = ", ".join(dict.fromkeys(match[1].replace("\\_", "_") for match in _CALL.finditer(output.text)))
        for name, key, column, source in _PREDICTED.findall(output.text):
            rows.append((calls, f"{name}, a new row" if key == "new" else name, column, source))
    return tuple(dict.fromkeys(rows))


def predictions_page(pages: Sequence[ProcedurePage]) -> str:
    """Return ``reference/predictions.md``."""
    rows = [
        (f"[{page.title}](../runbooks/{page.file_name})", call, code(row), code(column), code(source))
        for page in sorted(pages, key=lambda page: page.name)
        for call, row, column, source in predicted(page)
    ]
    return (
        "---\ndescription: The rows and columns that Atmosphere writes in consequence of each call of its API.\n"
        "search:\n  boost: 0.4\n---\n\n"
        "# Predictions\n\nA procedure that calls Atmosphere's API predicts the rows that Atmosphere then writes. "
        "After the call, the runbook compares them. A wrong prediction is shown with the outcome and recorded in the "
        "journal; it does not fail the run.\n\n"
        + block("div.rb-stack", table(("Procedure", "Call", "Row", "Column", "Source"), rows))
        + "\nThe rows are those of the examples in practice mode. A denied resource request also gets its `end_date`. "
        "Values that Atmosphere reads from the cloud, such as an address, are not predicted. The sources are files of "
        "Atmosphere v37-5.\n"
    )
