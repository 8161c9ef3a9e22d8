"""The commands about notebooks and the pages: check-notebooks, notebook, pages."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib import procedures

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.cli.io import Output
    from runbook_lib.cli.requests import NotebooksRequest, PagesRequest


def check(request: NotebooksRequest, output: Output) -> None:
    """Run notebooks in practice mode and write the stamps. Afterwards, raise if any procedure is invalid."""
    from runbook_lib.notebook.check_notebooks import check_notebooks  # noqa: PLC0415 - papermill is slow to import

    names = request.procedures or [procedure.name for procedure in procedures.every()]
    stamps = check_notebooks(names, request.executed, server=request.server, report=output.text)
    if not request.procedures:
        procedures.require_valid()
    output.result(f"All passed. The executed notebooks are in {request.executed}.", stamps)


def notebook(procedure: str, target: Path, output: Output) -> None:
    """Write a procedure's notebook."""
    from runbook_lib.notebook import notebook_files  # noqa: PLC0415 - jupytext is slow to import

    notebook_files.write(procedure, target)
    command = f"papermill {shlex.quote(str(target))} executed.ipynb"
    output.result(f"Wrote {target}. Run it in Jupyter, or with: {command}", {"notebook": str(target)})


def pages(request: PagesRequest, output: Output) -> None:
    """Write the generated pages. Afterwards, raise if any procedure is invalid."""
    from runbook_lib.notebook import check_notebooks  # noqa: PLC0415 - papermill is slow to import
    from runbook_lib.pages import write  # noqa: PLC0415 - only this command needs it

    stamps = check_notebooks.stamps(request.executed)
    read = write.read_pages(request.executed, procedures.every(), stamps)
    kept = [name for error in procedures.broken() for name in error.procedures]
    written = write.write_pages(read, request.docs, nav=request.nav, kept=kept)
    procedures.require_valid()
    output.result("\n".join(f"wrote {path}" for path in written), [str(path) for path in written])
