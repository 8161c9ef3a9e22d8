"""Papermill's entry point imports almost nothing, and a notebook of another project runs unchanged."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

import runbook_lib

if TYPE_CHECKING:
    from tests.notebook.papermill_process import PapermillProcess

PACKAGE = Path(runbook_lib.__file__).parent
LOADED = (
    "__init__.py",
    "notebook/__init__.py",
    "notebook/papermill_engine.py",
    "notebook/papermill_io.py",
    "notebook/folder.py",
)
HEAVY = ("django", "openstack", "jupytext", "psycopg", "runbook_lib.errors", "runbook_lib.procedures._registry")


@pytest.mark.parametrize("name", LOADED)
def test_entry_point_imports_almost_nothing(name: str) -> None:
    """Only Python's typing and papermill itself are imported at the top; the rest at its first use."""
    tree = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    imported = {
        str(node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert set() == imported - {"__future__", "typing", "papermill.engines", "pathlib", "runbook_lib.notebook.folder"}


def test_papermill_imports_with_a_broken_installation() -> None:
    """A broken installation of the runbook does not break papermill for other users of the host."""
    script = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # any import of it raises ImportError
import papermill
from papermill.engines import papermill_engines
print(papermill_engines.get_engine(None).__name__)
"""

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert "" == ended.stderr
    assert "RunbookEngine\n" == ended.stdout


def test_other_notebook_runs_as_in_plain_papermill(mill: PapermillProcess) -> None:
    """Names and values of any kind pass, nothing is archived, and RUNBOOK_HOME is not made."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    first = nbformat.v4.new_code_cell('username = ""', metadata={"tags": ["parameters"]})
    notebook.cells = [first, nbformat.v4.new_code_cell("print(username, password)")]
    foreign = mill.folder / "foreign.ipynb"
    nbformat.write(notebook, foreign)

    ran = mill.run(str(foreign), "-p", "username", "42", "-r", "password", "in-clear")

    assert 0 == ran.code, ran.terminal
    assert "42 in-clear" == ran.outputs().strip()
    assert not mill.home.exists()


def test_written_notebook_has_the_marks(mill: PapermillProcess) -> None:
    """The .ipynb names its kernel and its procedure, has no outputs, and is the same every time."""
    texts = set()
    for number in (1, 2):
        target = mill.folder / f"{number}.ipynb"
        command = [sys.executable, "-m", "runbook_lib", "notebook", "revoke_staff", "-o", str(target)]
        subprocess.run(command, env=mill.variables(), check=True, capture_output=True)
        texts.add(target.read_text(encoding="utf-8"))

    (text,) = texts
    notebook = json.loads(text)
    assert {"procedure": "revoke_staff"} == notebook["metadata"]["runbook"]
    assert "python3" == notebook["metadata"]["kernelspec"]["name"]
    assert [] == [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
