"""papermill reads a procedure's notebook by every path that a person would type."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import jupytext
import pytest

from runbook_lib.notebook.folder import folder
from runbook_lib.notebook.papermill_io import ProcedureHandler

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notebook.papermill_process import PapermillProcess

NAME = "list_staff"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (f"notebooks/{NAME}.py", "."),
        (f"./notebooks/{NAME}.py", "."),
        (f"{NAME}.py", "notebooks"),
        (f"./{NAME}.py", "notebooks"),
        (f"../notebooks/{NAME}.py", "docs"),
        (f"../../notebooks/{NAME}.py", "docs/tools"),
        (f"{folder()}/{NAME}.py", "."),
        (f"runbook://{NAME}", "docs"),
    ],
)
def test_notebook_is_read_by_any_path(monkeypatch: pytest.MonkeyPatch, path: str, place: str) -> None:
    """Papermill's own registry chooses our handler, which makes the same notebook each time."""
    from papermill.iorw import papermill_io  # noqa: PLC0415 - it registers the entry points at its import

    monkeypatch.chdir(folder().parent / place)

    assert ProcedureHandler.read(f"runbook://{NAME}") == papermill_io.get_handler(path).read(path)


def test_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A quoted ``~`` reaches papermill unexpanded."""
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copy(folder() / f"{NAME}.py", tmp_path)

    assert ProcedureHandler.read(f"runbook://{NAME}") == ProcedureHandler.read(f"~/{NAME}.py")


def test_other_file_stays_papermills(tmp_path: Path) -> None:
    """A path with one of our prefixes is an ordinary file unless it has the name of a procedure's notebook."""
    (tmp_path / "other.py").write_text("# %%\n1\n", encoding="utf-8")

    assert "# %%\n1\n" == ProcedureHandler.read(f"{tmp_path}/other.py")
    ProcedureHandler.write("{}", f"{tmp_path}/executed.ipynb")
    assert "{}" == ProcedureHandler.read(f"{tmp_path}/executed.ipynb")
    with pytest.raises(ValueError, match="is a procedure; give another file"):
        ProcedureHandler.write("{}", f"../{NAME}.py")


def test_notebook_runs_from_inside_its_folder(mill: PapermillProcess) -> None:
    """The whole way, with a process of papermill."""
    ran = mill.run(f"{NAME}.py", cwd=folder())

    assert 0 == ran.code, ran.terminal
    assert "runbook plan revoke_staff" in ran.outputs()


def test_notebook_that_jupytext_made_runs(mill: PapermillProcess) -> None:
    """Its header names the kernel, so papermill needs no option."""
    target = mill.folder / "converted.ipynb"
    jupytext.write(jupytext.read(folder() / f"{NAME}.py"), target)

    ran = mill.run(str(target))

    assert 0 == ran.code, ran.terminal
    assert "runbook plan revoke_staff" in ran.outputs()
