"""The commands about notebooks and the pages: check-notebooks, notebook, pages."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib import procedures
from runbook_lib.model import needs

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.cli.io import Output
    from runbook_lib.cli.requests import NotebooksRequest, PagesRequest


def check_notebooks(request: NotebooksRequest, output: Output) -> None:
    """Run notebooks in practice mode and write the stamps."""
    from runbook_lib.notebook import verification  # noqa: PLC0415 - papermill is slow to import

    names = request.procedures or procedures.names()
    stamps = verification.verify(names, request.executed, server=request.server, tell=output.text)
    output.result(f"All verified; the executed notebooks are in {request.executed}.", stamps)


def notebook(procedure: str, target: Path, output: Output) -> None:
    """Write a procedure's notebook."""
    from runbook_lib.notebook import source  # noqa: PLC0415 - jupytext is slow to import

    source.write(procedure, target)
    command = f"papermill {shlex.quote(str(target))} executed.ipynb"
    output.result(f"Wrote {target}. Run it with Jupyter, or with: {command}", {"notebook": str(target)})


def pages(request: PagesRequest, output: Output) -> None:
    """Write the generated pages."""
    from runbook_lib.notebook import verification  # noqa: PLC0415 - papermill is slow to import
    from runbook_lib.pages import write  # noqa: PLC0415 - only this command needs it

    parameters = {procedure.name: procedure.fields for procedure in procedures.every()}
    needed = {procedure.name: needs.sentences(procedure) for procedure in procedures.every()}
    stamps = verification.stamps(request.executed)
    written = write.write_pages(
        request.executed, request.docs, nav=request.nav, parameters=parameters, stamps=stamps, needs=needed
    )
    output.result("\n".join(f"wrote {path}" for path in written), [str(path) for path in written])
