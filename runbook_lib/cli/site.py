"""The commands about notebooks and the pages: check-notebooks, notebook, pages."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from runbook_lib import procedures
from runbook_lib.config import extensions, settings
from runbook_lib.errors import Refused
from runbook_lib.text import commands

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

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
    """Write the pages. Afterwards, raise if any procedure is invalid.

    Raises:
        Refused: The extra ``site`` is not installed, a notebook can't be published, or the folder has other files.
        InvalidProcedure: A procedure is invalid; the pages of the others are written.
    """
    from runbook_lib.notebook import check_notebooks  # noqa: PLC0415 - papermill is slow to import

    documentation, write = _page_writers()
    stamps = check_notebooks.stamps(request.executed)
    read = write.read_pages(request.executed, procedures.every(), stamps)
    kept = [name for error in procedures.broken() for name in error.procedures]
    if request.out:
        config = settings.load()
        documentation.lay_out(request.out, config, [extension.docs for extension in extensions.usable()])
        written = write.write_pages(read, request.docs, nav=request.nav, kept=kept)
        documentation.use_addresses(request.docs, config)
        text = f"Wrote {request.out}. To build the site: {commands.build_site(request.out / 'mkdocs.yml')}"
    else:
        written = write.write_pages(read, request.docs, nav=request.nav, kept=kept)
        text = "\n".join(f"wrote {path}" for path in written)
    procedures.require_valid()
    output.result(text, [str(path) for path in written])


def _page_writers() -> tuple[ModuleType, ModuleType]:
    """Return the modules that write pages.

    Raises:
        Refused: The extra ``site`` is not installed.
    """
    try:
        from runbook_lib.pages import documentation, write  # noqa: PLC0415 - only this command needs them
    except ModuleNotFoundError as error:
        raise Refused(
            what="the pages can't be written",
            why=f"the package {error.name} is not installed; it belongs to the extra 'site'",
            next_step="install the runbook again with this extra: runbook-lib[site]",
        ) from error
    return documentation, write
