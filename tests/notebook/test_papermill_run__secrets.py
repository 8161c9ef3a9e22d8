"""A secret enters by reference only; a run writes its value nowhere."""

from __future__ import annotations

import pytest

from tests.notebook.papermill_process import PapermillProcess, files_with

SECRET = "Zq7-fixture-only-secret"
APPLY = ("-r", "username", "joetest", "-p", "apply", "True", "-r", "reason", "a test")


@pytest.mark.parametrize("way", [("-r", "password", SECRET), ("-y", f"password: {SECRET}"), ("-p", "pasword", SECRET)])
def test_literal_secret_is_refused_and_written_nowhere(mill: PapermillProcess, way: tuple[str, ...]) -> None:
    """No output file is written, and neither a file nor the terminal has it; also under a misspelled name."""
    ran = mill.run("runbook://grant_staff.ipynb", *APPLY, *way)

    assert 1 == ran.code
    expected = "did you mean password?" if way[1] == "pasword" else "must be a reference to a secret (env:NAME"
    assert expected in ran.terminal
    assert SECRET not in ran.terminal
    assert not mill.output.exists()
    assert [] == files_with(SECRET, mill.folder)


def test_secret_by_reference_works_and_is_written_nowhere(mill: PapermillProcess) -> None:
    """The new hash is stored; notebook, archive, journal, plans, history and terminal have only the reference."""
    place = PapermillProcess(mill.folder, {"NEW_PASSWORD": SECRET})

    ran = place.run("runbook://grant_staff.ipynb", *APPLY, "-r", "password", "env:NEW_PASSWORD")

    assert 0 == ran.code, ran.terminal
    assert ["applied"] == [run.state for run in place.journal.runs()]
    assert "env:NEW_PASSWORD" in ran.outputs()
    assert SECRET not in ran.terminal
    assert [] == files_with(SECRET, place.folder)
    assert "executed.ipynb" in files_with("env:NEW_PASSWORD", place.folder)


def test_search_for_a_secret_finds_a_value_in_any_file(mill: PapermillProcess) -> None:
    """The check of the tests above can fail: a value in any file, at any depth, is found."""
    deep = mill.folder / "home" / "runs" / "x"
    deep.mkdir(parents=True)
    (deep / "kept.ipynb").write_text(f'{{"source": "password = {SECRET}"}}')

    assert ["home/runs/x/kept.ipynb"] == files_with(SECRET, mill.folder)


def test_missing_variable_is_refused_with_the_command_that_sets_it(mill: PapermillProcess) -> None:
    """A reference to an unset variable fails at plan time: nothing is changed."""
    ran = mill.run("runbook://grant_staff.ipynb", *APPLY, "-r", "password", "env:NOT_SET_ANYWHERE")

    assert 1 == ran.code
    assert "the environment variable NOT_SET_ANYWHERE is not set" in ran.outputs()
    assert "read -rs NOT_SET_ANYWHERE && export NOT_SET_ANYWHERE" in ran.outputs()
    assert [] == mill.journal.runs()
