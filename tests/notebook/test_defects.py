"""A defect in a notebook: the cell shows one paragraph, without a traceback through the library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.notebook.papermill_process import PapermillProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.checkout import Checkout

WRITES = "def plan(params):\n    accounts.atmosphere_user(params.username).save()\n"
FAILS = "\ndef outcome_markdown(outcome):\n    raise KeyError('hunter2-not-shown')\n"
APPLY = ("-p", "apply", "True", "-r", "reason", "a test")


def test_defect_of_a_plan_is_one_paragraph(checkout: Checkout, tmp_path: Path) -> None:
    """The exception keeps its class, and nothing was changed."""
    checkout.append("grant_staff", WRITES)
    mill = PapermillProcess(tmp_path, {"PYTHONPATH": str(checkout.folder)})

    ran = mill.run("runbook://grant_staff.ipynb", *APPLY)

    assert (1, []) == (ran.code, mill.journal.runs())
    shown = ran.outputs()
    assert "Defect: plan() of grant_staff failed because of a defect\nit tried to write to atmosphere" in shown
    assert "\nNothing was changed.\nNext: report the defect to the maintainers" in shown
    assert "send them this message and the name of the notebook" in shown
    assert "Traceback" not in shown


def test_defect_after_the_commit_names_the_run(checkout: Checkout, tmp_path: Path) -> None:
    """The cell lists the changes, and the notebook is kept with its run."""
    render = checkout.folder / "runbook_lib" / "render" / "__init__.py"
    render.write_text(render.read_text(encoding="utf-8") + FAILS, encoding="utf-8")
    mill = PapermillProcess(tmp_path, {"PYTHONPATH": str(checkout.folder)})

    ran = mill.run("runbook://grant_staff.ipynb", *APPLY)

    (run,) = mill.journal.runs()
    assert (1, "applied") == (ran.code, run.state)
    shown = ran.outputs()
    assert "Defect: run.apply() of grant_staff failed because of a defect\nit raised KeyError" in shown
    assert f"Something WAS changed, by run {run.run_id}." in shown
    assert "hunter2" not in shown + ran.terminal
    assert (mill.home / "runs" / f"{run.run_id}.ipynb").exists()


def test_invalid_module_is_named_before_anything_runs(checkout: Checkout, tmp_path: Path) -> None:
    """The error names file and attribute."""
    checkout.replace("runbook_lib/procedures/grant_staff.py", "MINUTES = ", "MINUTS = ")
    mill = PapermillProcess(tmp_path, {"PYTHONPATH": str(checkout.folder)})

    ran = mill.run("runbook://grant_staff.ipynb")

    assert 1 == ran.code
    assert "runbook_lib/procedures/grant_staff.py: MINUTES is missing" in ran.terminal
    assert not mill.output.exists()
