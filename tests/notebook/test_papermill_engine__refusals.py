"""The engine refuses wrong values before a kernel starts and before a file is written."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import papermill
import pytest

from runbook_lib.errors import ParamError
from tests.notebook.papermill_process import CHECKOUT, IMAGE, PapermillProcess

if TYPE_CHECKING:
    from pathlib import Path

WRONG: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "a version that became a number": (
        "move_image_version",
        {"version_name": 1.1},
        ("version_name must be text, but arrived as the number 1.1", "-r version_name VALUE"),
    ),
    "a flag that is a text": (
        "grant_staff",
        {"apply": "false"},
        ("apply must be True or False, not the text 'false'", "-p apply True"),
    ),
    "a name that became a number": (
        "grant_staff",
        {"username": 42},
        ("username must be text, but arrived as the whole number 42", "-r username VALUE"),
    ),
    "a name that became not-a-number": (
        "grant_staff",
        {"username": math.nan},
        ("username must be text, but arrived as the number nan", "-r username VALUE"),
    ),
    "an id that is no number": (
        "publicize_image",
        {"application_id": "eleven"},
        ("application_id must be a whole number, not the text 'eleven'", "-p application_id 1144"),
    ),
    "an id that is a flag": (
        "publicize_image",
        {"application_id": True},
        ("application_id must be a whole number, not the flag True",),
    ),
    "a misspelt name": ("grant_staff", {"usrname": "joetest"}, ("no parameter usrname: did you mean username?",)),
    "an unknown name": ("grant_staff", {"ticket_number_xyz": "1"}, ("there is no parameter ticket_number_xyz",)),
    "a misspelt choice": ("grant_staff", {"site": "atmosfere"}, ("did you mean atmosphere?",)),
    "a list": ("grant_staff", {"username": ["joetest"]}, ("username must be text, but arrived as list",)),
    "nothing": ("grant_staff", {"username": None}, ("username must be text, but arrived as nothing (None)",)),
    "apply without a reason": ("grant_staff", {"apply": True}, ("reason is missing", "-r reason")),
    "undo without apply": ("grant_staff", {"undo": True}, ("undo requires apply", "runbook undo RUN_ID")),
    "several at once": (
        "move_image_version",
        {"version_name": 1.1, "image": IMAGE, "apply": "yes"},
        ("version_name must be text", "did you mean image_id?", "apply must be True or False"),
    ),
}


@pytest.mark.parametrize(("name", "given", "fragments"), WRONG.values(), ids=WRONG.keys())
def test_wrong_value_is_refused_before_anything_runs(
    name: str, given: dict[str, Any], fragments: tuple[str, ...], tmp_path: Path
) -> None:
    """The message names the parameter, the received value, and the right option; no output file is left."""
    with pytest.raises(ParamError) as caught:
        papermill.execute_notebook(
            f"runbook://{name}.ipynb", str(tmp_path / "executed.ipynb"), given, progress_bar=False
        )

    for text in fragments:
        assert text in str(caught.value)
    assert [] == list(tmp_path.iterdir())


def test_refusal_on_papermills_command_line_names_the_option(mill: PapermillProcess) -> None:
    """The error shows `-p version_name 1.10` as it arrived, with `-r`; an earlier output file stays unchanged."""
    mill.output.write_text("an earlier run")

    ran = mill.run("./notebooks/move_image_version.py", "-p", "version_name", "1.10", cwd=CHECKOUT)

    assert 1 == ran.code
    assert "version_name must be text, but arrived as the number 1.1" in ran.terminal
    assert "Use papermill … -r version_name VALUE, or runbook … -p version_name=VALUE" in ran.terminal
    assert "Nothing was changed" in ran.terminal
    assert "an earlier run" == mill.output.read_text()
    assert not (mill.home / "runs").exists()


@pytest.mark.parametrize("option", [("-y", "username: 0o42\nsuperuser: off\nsite: no"), ("-p", "username", "0042")])
def test_values_guessed_by_yaml_and_papermill_are_refused(mill: PapermillProcess, option: tuple[str, ...]) -> None:
    """YAML's `no` for a choice, and a number for a typed name, never reach a cell."""
    ran = mill.run("notebooks/grant_staff.py", *option, cwd=CHECKOUT)

    assert 1 == ran.code
    assert (
        "-r username VALUE" if option[0] == "-p" else "site must be text, but arrived as the flag False"
    ) in ran.terminal
    assert not mill.output.exists()


def test_code_in_a_name_is_not_executed(mill: PapermillProcess) -> None:
    """Papermill puts names into a cell unchanged; ours are checked before any cell runs."""
    witness = mill.folder / "executed-by-name"

    ran = mill.run("runbook://grant_staff.ipynb", "-p", f"x=1;import os;os.mkdir({str(witness)!r});y", "1")

    assert 1 == ran.code
    assert "there is no parameter a name that is not a word" in ran.terminal
    assert not witness.exists()
    assert not mill.output.exists()


def test_plain_papermill_executes_code_in_a_name(mill: PapermillProcess) -> None:
    """The danger is real: papermill's own engine runs it, though the notebook's first call refuses the rest."""
    witness = mill.folder / "executed-by-name"
    name = f"x=1;import os;os.mkdir({str(witness)!r});y"

    ran = mill.run("runbook://grant_staff.ipynb", "--engine", "nbclient", "-p", name, "1")

    assert 1 == ran.code
    assert "there is no parameter x" in ran.outputs()
    assert witness.exists()


def test_value_edited_in_the_notebook_is_checked(mill: PapermillProcess) -> None:
    """A parameters cell that was edited in Jupyter gets the same check, before a kernel starts."""
    edited = mill.folder / "grant_staff.py"
    text = (CHECKOUT / "notebooks" / "grant_staff.py").read_text(encoding="utf-8")
    (mill.folder / "notebooks").mkdir()
    edited = mill.folder / "notebooks" / "grant_staff.py"
    edited.write_text(text.replace('username: str = ""', "username: str = 42"), encoding="utf-8")

    ran = mill.run("notebooks/grant_staff.py")

    assert 1 == ran.code
    assert "username must be text, but arrived as the whole number 42" in ran.terminal
    assert not mill.output.exists()
