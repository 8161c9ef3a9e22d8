"""make try: one line per step, what failed at the end, and an exit code."""

from __future__ import annotations

import re

import pytest

from authoring import skeleton, try_procedure
from authoring.try_procedure import Step
from runbook_lib import procedures


def test_report_has_one_line_per_step_then_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """A step that fails does not stop the others; its output comes last, above the summary."""
    lanes = ((Step("first", lambda: ""), Step("second", lambda: "it is broken")), (Step("third", lambda: ""),))

    assert 1 == try_procedure.report("grant_staff", lanes)

    *lines, _, title, _, output, _, summary = capsys.readouterr().out.splitlines()
    assert {("ok", "first"), ("FAILED", "second"), ("ok", "third")} == {
        (line.split()[0], line.split()[-1]) for line in lines
    }
    assert ["second", "it is broken"] == [title, output]
    assert re.fullmatch(r"grant_staff: 2 of 3 steps passed in \d+ s\.", summary)


def test_report_of_steps_that_pass_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    """The summary is the last line."""
    assert 0 == try_procedure.report("grant_staff", ((Step("first", lambda: ""),),))
    assert capsys.readouterr().out.splitlines()[-1].startswith("grant_staff: 1 of 1 steps passed")


def test_unknown_procedure_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 with the nearest name, before anything is run or written."""
    assert 2 == try_procedure.main(["grant_stuff"])
    assert "did you mean grant_staff?" in capsys.readouterr().err
    assert 2 == try_procedure.main([])


def test_command_returns_its_output_only_when_it_fails() -> None:
    """A command that passes says nothing; the first that fails ends the step."""
    python = ("python3", "-c")

    assert "" == try_procedure.command((*python, "print('fine')"))()
    assert "broken\n" == try_procedure.command((*python, "print('broken'); exit(3)"), (*python, "print('not run')"))()
    assert "exit code 3" == try_procedure.command((*python, "exit(3)"))()


@pytest.mark.parametrize("name", ["grant_staff", "list_stuck_instances"])
def test_every_file_of_procedure_is_among_the_steps(name: str) -> None:
    """Module, notebook and all test files, the second ones too."""
    files = skeleton.files(name)

    assert 3 <= len(files)
    assert [] == [file for file in files if not file.exists()]
    assert 2 == len(try_procedure.lanes(procedures.find(name)))
