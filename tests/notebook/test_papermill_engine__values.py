"""Correct values arrive unchanged through every option of papermill; the executed notebook is readable."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import papermill
import pytest

from tests.notebook.papermill_process import CHECKOUT, IMAGE, PapermillProcess, PapermillRun

if TYPE_CHECKING:
    from pathlib import Path

VERSION = "1.10"  # what a guessed number would turn into 1.1


@pytest.fixture(scope="module")
def moved_instance(tmp_path_factory: pytest.TempPathFactory) -> PapermillRun:
    """Apply one procedure with parameters from every option at once: -p, -r, -y, -f, a file on stdin, and -b."""
    mill = PapermillProcess(tmp_path_factory.mktemp("moved"))
    file = mill.folder / "values.yaml"
    file.write_text(f"image_id: {IMAGE}\n")
    encoded = base64.b64encode(f"version_name: '{VERSION}'".encode()).decode()
    arguments = [
        "-p",
        "provider_id",
        "4",
        "-y",
        "application_id: 1378",
        "-f",
        str(file),
        "-f",
        "/dev/stdin",
        "-b",
        encoded,
    ]
    applied = ["-p", "apply", "True", "-r", "reason", "0042: 'quoted', | piped, ünïcode"]
    return mill.run("runbook://move_image_version.ipynb", *arguments, *applied, stdin="undo: false\n")


def test_every_option_passes_the_typed_value(moved_instance: PapermillRun) -> None:
    """All of -p, -r, -y, -f, a file on standard input and -b work, each with its own type."""
    assert 0 == moved_instance.code, moved_instance.terminal
    runs = moved_instance.mill.journal.runs()
    expected = {"provider_id": 4, "image_id": IMAGE, "application_id": 1378, "version_name": VERSION}

    assert ["applied"] == [run.state for run in runs]
    assert expected == dict(runs[0].plan.params)
    assert "0042: 'quoted', | piped, ünïcode" == runs[0].reason


def test_executed_notebook_shows_the_complete_run(moved_instance: PapermillRun) -> None:
    """It shows systems, values, plan, verification and the command of the undo."""
    run_id = moved_instance.mill.journal.runs()[0].run_id
    shown = moved_instance.outputs()

    for text in (
        "Practice mode: sample data only. No real system is configured.",
        f'| `version_name` | `"{VERSION}"` |',
        "| | system | target | column | before | after |",
        f"**Applied and verified.** Run `{run_id}`.",
        "**Verified:** 1 change in effect.",
        f"runbook undo {run_id} --reason '…'",
    ):
        assert text in shown


def test_executed_notebook_is_kept_with_its_run(moved_instance: PapermillRun) -> None:
    """RUNBOOK_HOME has the notebook under the run's id, with the same outputs; only its owner can read it."""
    run_id = moved_instance.mill.journal.runs()[0].run_id
    kept = moved_instance.mill.home / "runs" / f"{run_id}.ipynb"

    assert moved_instance.notebook()["cells"][5]["outputs"] == json.loads(kept.read_text())["cells"][5]["outputs"]
    assert 0o700 == kept.parent.stat().st_mode & 0o777


def test_written_notebook_runs_in_plain_papermill(mill: PapermillProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """The .ipynb that 'runbook notebook' writes is run by papermill's Python API, with Python's own types."""
    written = mill.folder / "grant.ipynb"
    command = [sys.executable, "-m", "runbook_lib", "notebook", "grant_staff", "-o", str(written)]
    subprocess.run(command, env=mill.variables(), check=True, capture_output=True)
    for name, value in mill.variables().items():
        monkeypatch.setenv(name, value)
    values = {"username": "joetest", "superuser": False, "apply": True, "reason": "API", "undo": True}

    papermill.execute_notebook(str(written), str(mill.output), values, progress_bar=False)

    runs = mill.journal.runs()
    assert ["applied", "applied"] == [run.state for run in runs]
    assert {"username": "joetest", "site": "both", "superuser": False, "password": None} == dict(runs[0].plan.params)
    assert runs[0].run_id == runs[1].plan.undoes


def test_py_file_runs_with_its_example_values(mill: PapermillProcess) -> None:
    """From the checkout, notebooks/NAME.py runs unchanged; the defaults change nothing, and the output says so."""
    ran = mill.run("notebooks/revoke_staff.py", cwd=CHECKOUT)

    assert 0 == ran.code, ran.terminal
    shown = ran.outputs()
    assert "Not set, so practice mode uses the documented example: `username = 'staffmember'`." in shown
    assert "**Not applied:** `apply` is False, so nothing was changed." in shown
    assert "**Nothing to verify:** nothing was applied." in shown
    assert "**Nothing to undo:** nothing was changed." in shown
    assert [] == mill.journal.runs()


def test_papermill_lists_the_parameters_of_a_procedure(mill: PapermillProcess) -> None:
    """--help-notebook shows name, type, default and meaning of every parameter."""
    ran = mill.run("runbook://grant_staff.ipynb", "--help-notebook")

    assert 'username: str (default "")' in ran.terminal
    assert 'site: str (default "both")' in ran.terminal
    assert "One of: both, atmosphere, troposphere." in ran.terminal
    assert not mill.output.exists()


def test_procedure_file_is_never_overwritten(mill: PapermillProcess, tmp_path: Path) -> None:
    """An output path that names a procedure's own file is refused, and the file stays unchanged."""
    copy = tmp_path / "notebooks" / "grant_staff.py"
    copy.parent.mkdir()
    text = (CHECKOUT / "notebooks" / "grant_staff.py").read_text(encoding="utf-8")
    copy.write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "papermill",
        "notebooks/grant_staff.py",
        "notebooks/grant_staff.py",
        "--prepare-only",
    ]

    ended = subprocess.run(command, cwd=tmp_path, env=mill.variables(), capture_output=True, text=True, check=False)

    assert 0 != ended.returncode
    assert "is a procedure; give another file for the executed notebook" in ended.stderr
    assert text == copy.read_text(encoding="utf-8")
