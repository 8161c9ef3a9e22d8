"""Without our engine, as in Jupyter, the notebook's first call enforces the same rules before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.notebook.papermill_process import IMAGE, PapermillProcess, PapermillRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.checkout import Checkout

PLAIN = ("--engine", "nbclient")


def test_correct_values_are_applied_and_undone(mill: PapermillProcess) -> None:
    """Papermill's own engine runs the complete procedure."""
    values = ("-r", "username", "joetest", "-p", "apply", "True", "-r", "reason", "a test", "-p", "undo", "True")

    ran = mill.run("runbook://grant_staff.ipynb", *PLAIN, *values)

    assert 0 == ran.code, ran.terminal
    assert ["applied", "applied"] == [run.state for run in mill.journal.runs()]
    first, second = [run.run_id for run in mill.journal.runs()]
    assert f"**Run `{first}` undone and verified** by run `{second}`." in ran.outputs()


def test_change_that_is_not_in_effect_is_listed(checkout: Checkout, tmp_path: Path) -> None:
    """The verification counts the changes of the run, and names each that it does not find."""
    checkout.replace("runbook_lib/notebook/session.py", "if not is_applied(", "if is_applied(")
    mill = PapermillProcess(tmp_path, {"PYTHONPATH": str(checkout.folder)})

    ran = mill.run("runbook://grant_staff.ipynb", "-p", "apply", "True", "-r", "reason", "a test")

    assert 0 == ran.code, ran.terminal
    assert "**NOT in effect**, 3 of 3 changes:\n\n- `update atmosphere atmosphere_user:" in ran.outputs()


@pytest.mark.parametrize(
    ("name", "given", "fragments"),
    [
        (
            "move_image_version",
            ("-p", "version_name", "1.10", "-p", "image", IMAGE, "-p", "apply", "false", "-p", "other_things", "1"),
            (
                "version_name must be text, but arrived as the number 1.1",
                "Use papermill … -r version_name VALUE, or runbook … -p version_name=VALUE",
                "there is no parameter image: did you mean image_id?",
                "apply must be True or False, not the text 'false'",
                "there is no parameter other_things: there are provider_id, ",
            ),
        ),
        ("grant_staff", ("-p", "username", "0042"), ("arrived as the whole number 42", "-r username VALUE")),
        ("revoke_staff", ("-p", "username", "nan"), ("arrived as the number nan",)),
    ],
    ids=["several", "a number for a name", "not a number for a name"],
)
def test_wrong_values_are_refused_before_anything_is_read(
    mill: PapermillProcess, name: str, given: Sequence[str], fragments: Sequence[str]
) -> None:
    """One error lists all problems, without a traceback; no later cell runs and no system is opened."""
    ran = mill.run(f"runbook://{name}.ipynb", *PLAIN, *given)

    assert 1 == ran.code
    for text in fragments:
        assert text in ran.outputs()
    _check_only_our_words(ran)
    assert [] == mill.journal.runs()
    assert not (mill.home / "practice").exists()


def _check_only_our_words(ran: PapermillRun) -> None:
    """Check that the one output is our error: its message, and no line of the library's code."""
    cells = [cell for cell in ran.notebook()["cells"] if cell["cell_type"] == "code" and cell["outputs"]]
    (output,) = cells[0]["outputs"]
    shown = "\n".join(output["traceback"])

    assert 1 == len(cells)
    assert "ParamError" == output["ename"]
    assert shown.startswith("ParamError: ")
    assert output["evalue"] in shown
    assert ".py" not in shown
    assert "File " not in shown
    assert "Nothing was changed: a parameter or the command itself is invalid." in shown


def test_error_of_a_later_cell_is_shown_without_traceback(mill: PapermillProcess) -> None:
    """The plan refuses a user who does not exist; the cells after it do not run."""
    ran = mill.run(
        "runbook://grant_staff.ipynb", "-r", "username", "joetset", "-p", "apply", "True", "-r", "reason", "x"
    )

    assert 1 == ran.code
    shown = ran.outputs()
    assert "TargetNotFound: there is no user 'joetset' in the atmosphere database" in shown
    assert "did you mean 'joetest'" in shown
    assert "Traceback" not in shown
    assert "runbook_lib/" not in shown
    assert [] == mill.journal.runs()
    statuses = [cell["metadata"]["papermill"]["status"] for cell in ran.notebook()["cells"] if "outputs" in cell]
    assert "failed" in statuses
    assert "pending" == statuses[-1]
