"""A run that fails partway keeps its notebook, which shows the failure and cannot become a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import nbformat
import pytest

from runbook_lib.errors import Refused
from runbook_lib.fixture import practice
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.notebook import notebook_files
from runbook_lib.pages import executed

if TYPE_CHECKING:
    from tests.notebook.papermill_process import PapermillProcess


@pytest.mark.parametrize(
    ("cell", "options", "code"),
    [("import os; os._exit(1)", (), 138), ("import time; time.sleep(99)", ("--execution-timeout", "12"), 1)],
    ids=["its kernel dies", "a cell takes too long"],
)
def test_applied_run_keeps_its_notebook_after_an_error(
    mill: PapermillProcess, cell: str, options: tuple[str, ...], code: int
) -> None:
    """The changes are journaled; the notebook is kept, marked as interrupted, and cannot become a page."""
    notebook = notebook_files.read(notebook_files.path("grant_staff"))
    (undo,) = (cell for cell in notebook.cells if cell.source == "run.undo()")
    undo.source = cell
    changed = mill.folder / "changed.ipynb"
    nbformat.write(notebook, changed)

    ran = mill.run(str(changed), "-p", "apply", "True", "-r", "reason", "a test", *options)

    assert code == ran.code
    (run,) = mill.journal.runs()
    assert "applied" == run.state
    kept = json.loads((mill.home / "runs" / f"{run.run_id}.ipynb").read_text(encoding="utf-8"))
    for broken in (kept, ran.notebook()):
        with pytest.raises(Refused) as caught:
            executed.refuse_unfinished("grant_staff", broken)
        assert "papermill recorded an exception" in caught.value.why


def test_run_that_fails_partway_keeps_its_notebook(mill: PapermillProcess) -> None:
    """The notebook lists the changes and the next steps in our words; RUNBOOK_HOME has it under the run's id."""
    glance = glance_state(practice.prepare(mill.home))
    glance_store.fail(glance, 5, 403, methods=["PATCH"])

    ran = mill.run("runbook://publicize_image.ipynb", "-p", "apply", "True", "-r", "reason", "a test")

    assert 1 == ran.code
    (run,) = mill.journal.runs()
    assert "partly-applied" == run.state
    shown = ran.outputs()
    assert f"**Something WAS changed: some changes were made, then one failed.** Run `{run.run_id}`." in shown
    assert f"PartlyApplied: run {run.run_id} was applied only in part; done: " in shown
    assert f"runbook undo {run.run_id} --reason" in shown
    assert "runbook_lib/" not in shown
    kept = json.loads((mill.home / "runs" / f"{run.run_id}.ipynb").read_text(encoding="utf-8"))
    with pytest.raises(Refused):
        executed.refuse_unfinished("publicize_image", kept)
