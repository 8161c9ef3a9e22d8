"""The notebooks' files: py:percent text, which jupytext reads into notebook documents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jupytext
import nbformat

from runbook_lib import procedures
from runbook_lib.config import settings
from runbook_lib.errors import Refused
from runbook_lib.notebook import common_text, jupyter_form
from runbook_lib.notebook.folder import folder_for
from runbook_lib.text import commands

if TYPE_CHECKING:
    from nbformat import NotebookNode


def path(name: str) -> Path:
    """Return the file of a procedure's notebook.

    Raises:
        ParamError: There is no such procedure.
    """
    procedure = procedures.find(name)
    return folder_for(Path(procedure.file)) / f"{procedure.name}.py"


def read(file: Path) -> NotebookNode:
    """Return a py:percent file as a notebook that papermill and Jupyter can run.

    The metadata names the procedure; papermill's engine recognizes our notebooks by it. The header names the kernel.
    The common sentences of all notebooks are added.
    """
    notebook: NotebookNode = jupytext.read(file)
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["runbook"] = {"procedure": file.stem}
    common_text.add(notebook)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{file.stem}-{number}"  # jupytext makes random ones; ours are reproducible
    return notebook


def for_jupyter(file: Path) -> NotebookNode:
    """Return a py:percent file as a notebook to run and read in Jupyter, with links to the site's pages."""
    notebook = read(file)
    jupyter_form.convert(notebook, pages_url=settings.pages_url())
    return notebook


def write(name: str, target: Path) -> None:
    """Write a procedure's notebook as an ``.ipynb`` file, without outputs.

    Raises:
        Refused: The file can't be written.
    """
    notebook = for_jupyter(path(name))
    try:
        nbformat.write(notebook, target)
    except OSError as error:
        raise Refused(
            what=f"the notebook {target} can't be written",
            why=str(error.strerror),
            next_step=f"choose another file: {commands.notebook(name, 'FILE.ipynb')}",
        ) from error
