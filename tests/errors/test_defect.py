"""A defect: what the operator reports, whether anything was changed, and no value."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from runbook_lib.errors import AttributeProblem, Defect, InvalidPlan, InvalidProcedure, WriteRefused, defect

SECRET = "hunter2-not-shown"


def _defect(*, changed: bool | None, run_id: str = "") -> Defect:
    return Defect(what="it has a defect", why="it raised KeyError", place="a.py:1", changed=changed, run_id=run_id)


def _raised(error: Exception, **facts: str) -> Defect:
    """Return the defect of an exception that was raised here."""
    try:
        raise error
    except type(error) as caught:
        return Defect.from_exception(caught, what="plan() of a_b has a defect", **facts)


@pytest.mark.parametrize(
    ("error", "impact", "first"),
    [
        (_defect(changed=False), "Nothing was changed.", "report the defect"),
        (
            _defect(changed=True, run_id="R1"),
            "Something WAS changed, by run R1.",
            "list the changes of run R1: runbook history; then report",
        ),
        (
            _defect(changed=None, run_id="R1"),
            "It is unknown whether run R1 changed anything.",
            "resolve the interrupted run: runbook history --settle; then report",
        ),
        (_defect(changed=None), "It is unknown whether anything was changed.", "resolve the interrupted run"),
    ],
)
def test_defect_reports_whether_anything_was_changed(error: Defect, impact: str, first: str) -> None:
    """No, yes with the run, or unknown with the next command: in the message, in JSON, and in the next step."""
    assert impact == str(error).splitlines()[2]
    assert error.next_step.startswith(first)
    assert ("Nothing" in str(error)) is (error.as_json()["changed"] is False)
    assert error.run_id == error.as_json().get("run_id", "")


def test_defect_is_one_paragraph_with_the_report() -> None:
    """Error, reason with place and release, changes, next step: four lines."""
    error = _defect(changed=False)
    error.set_reported_command("this command: runbook plan a_b -p username=…")

    what, why, _impact, step = str(error).splitlines()

    assert "it has a defect" == what
    assert why.startswith("it raised KeyError (at a.py:1, release ")
    assert step.endswith("send them this message and this command: runbook plan a_b -p username=…")
    assert 70 == error.exit_code


def test_text_of_an_unforeseen_exception_is_not_shown() -> None:
    """It can contain a value: only its class and the line are shown."""
    error = _raised(KeyError(SECRET))

    assert "it raised KeyError (at an unknown line, release" in error.why
    assert SECRET not in str(error) + str(error.as_json())


def test_broken_rule_is_shown_without_values() -> None:
    """It names the system of the write, and the rule that the plan breaks; the statement can hold values."""
    wrote = _raised(WriteRefused("atmosphere", f"UPDATE atmosphere_user SET first_name = '{SECRET}'"))
    broke = _raised(InvalidPlan("a plan has either changes or a reason"))

    assert wrote.why.startswith("it tried to write to atmosphere, or to lock something there (at ")
    assert broke.why.startswith("a plan has either changes or a reason (at ")
    assert SECRET not in str(wrote)


def test_line_is_the_last_one_of_package_or_named_file() -> None:
    """A procedure's own line is more useful than that of the guard which stopped it."""
    try:
        defect.short_path(None)  # type: ignore[arg-type]
    except AttributeError as error:
        inner = Defect.from_exception(error, what="x")
        outer = Defect.from_exception(error, what="x", file=__file__)

    assert inner.place.startswith("runbook_lib/errors/defect.py:")
    assert outer.place.startswith(f"{__file__}:")


def test_file_of_the_package_is_named_relative_to_it() -> None:
    """The report omits the folder of the installation; any other file keeps its path."""
    assert "runbook_lib/errors/defect.py" == defect.short_path(Path(defect.__file__).resolve())
    assert "/elsewhere/x.py" == defect.short_path(Path("/elsewhere/x.py"))


def test_defect_can_be_pickled() -> None:
    """The verification runs notebooks in separate processes."""
    copy = pickle.loads(pickle.dumps(_defect(changed=True, run_id="R1")))

    assert (str(_defect(changed=True, run_id="R1")), True) == (str(copy), copy.changed)


def test_all_problems_of_a_procedure_are_reported_at_once() -> None:
    """File, attribute and correction, one line each; programs find them one by one."""
    problems = [AttributeProblem("a_b", "p/a_b.py", name, "is missing") for name in ("MINUTES", "NEEDS")]
    error = InvalidProcedure(problems)

    assert "invalid procedure: a_b" == error.what
    assert "p/a_b.py: MINUTES is missing\np/a_b.py: NEEDS is missing" == error.why
    assert ["MINUTES", "NEEDS"] == [problem["attribute"] for problem in error.as_json()["problems"]]
