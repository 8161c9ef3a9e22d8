"""Errors: each says whether anything was changed, and what to do next."""

from __future__ import annotations

import pytest

from runbook_lib import errors
from runbook_lib.errors import (
    AttributeProblem,
    CannotUndo,
    Defect,
    InvalidProcedure,
    NotConnected,
    NothingChanged,
    NotVerified,
    OutcomeUnknown,
    ParamError,
    PartlyApplied,
    Refused,
    RunbookError,
    SchemaDrift,
    StalePlan,
    TargetNotFound,
    VerifyFailed,
)

SAMPLES: tuple[RunbookError, ...] = (
    ParamError(procedure="grant_staff", problems=["username is missing", "site is wrong"], next_step="runbook show"),
    NotConnected(kind="unreachable", system="the atmosphere database", address="postgresql://db/atmo", reason="gone"),
    SchemaDrift(database="atmosphere", missing=["application_version.name", "group"]),
    TargetNotFound(kind="user", key="'joetset'", where="the atmosphere database", similar=["'joetest'", "'joetest2'"]),
    Refused(what="staffmember is the last superuser", why="nobody could grant", next_step="make another one first"),
    StalePlan(target="atmosphere atmosphere_user:5", column="is_staff", planned=False, now=True),
    CannotUndo(run_id="R1", reasons=["it changed nothing"], next_step="runbook history"),
    InvalidProcedure([AttributeProblem("a_b", "procedures/a_b.py", "MINUTES", "is missing")]),
    PartlyApplied(run_id="R1", done=["one"], failed="two", cause="timed out", receipt={"run_id": "R1"}),
    VerifyFailed(run_id="R1", mismatches=["update atmosphere t:1"]),
    NotVerified(run_id="R1", cause="the atmosphere database cannot be reached"),
    OutcomeUnknown(run_id="R1", step="commit atmosphere", cause="the connection was lost"),
    Defect(what="plan() of a_b has a defect", why="it raised KeyError", place="procedures/a_b.py:7", changed=None),
)
EXIT_CODES = {
    "param-error": 2,
    "not-connected": 7,
    "schema-drift": 3,
    "target-not-found": 3,
    "refused": 3,
    "stale-plan": 4,
    "cannot-undo": 3,
    "invalid-procedure": 70,
    "partly-applied": 5,
    "verify-failed": 6,
    "not-verified": 6,
    "outcome-unknown": 8,
    "defect": 70,
}
EACH = pytest.mark.parametrize("error", SAMPLES, ids=lambda error: error.slug())


def _descendants(kind: type[RunbookError]) -> set[type[RunbookError]]:
    return {kind}.union(*map(_descendants, kind.__subclasses__()))


def test_every_error_class_has_a_sample() -> None:
    """A new class must be listed and tested."""
    own = {kind for kind in _descendants(RunbookError) if kind.__module__.startswith(errors.__name__)}
    raised = own - {RunbookError, NothingChanged}

    assert raised == set(errors.all_errors())
    assert [type(sample) for sample in SAMPLES] == list(errors.all_errors())


def test_exit_codes_follow_the_contract() -> None:
    """Scripts distinguish the kinds by these numbers."""
    assert EXIT_CODES == {kind.slug(): kind.exit_code for kind in errors.all_errors()}


@EACH
def test_tree_in_the_docstring_has_the_exit_codes(error: RunbookError) -> None:
    """The tree at the top of the module is correct."""
    line = next(line for line in (errors.__doc__ or "").splitlines() if f" {type(error).__name__} " in line)

    assert f"exit {error.exit_code}" in line


@EACH
def test_error_states_whether_anything_was_changed(error: RunbookError) -> None:
    """The first line of each class states it, agrees with ``changed``, and is in the message."""
    assert ("Nothing was changed" in error.class_impact()) is (error.changed is False)
    assert error.impact in str(error)
    assert error.class_impact().endswith(".")
    assert isinstance(error, NothingChanged) is (error.changed is False)
    assert isinstance(error, Defect) or error.class_impact() == error.impact


@EACH
def test_error_has_every_part_and_a_next_step(error: RunbookError) -> None:
    """The message is error, reason, whether anything was changed, and the next step."""
    parts = str(error).splitlines()

    assert error.what == parts[0]
    assert f"Next: {error.next_step}" == parts[-1]
    assert error.next_step
    assert (error.what,) == error.args


@EACH
def test_json_of_an_error_has_the_documented_keys(error: RunbookError) -> None:
    """Programs find the kind, the three parts, and whether anything was changed."""
    expected = {
        "error": error.slug(),
        "what": error.what,
        "why": error.why,
        "next_step": error.next_step,
        "changed": error.changed,
        **error.details,
    }
    assert expected == error.as_json()


def test_stale_plan_names_row_column_planned_and_present_value() -> None:
    """The operator sees at once which value changed."""
    what = SAMPLES[5].what

    assert "atmosphere atmosphere_user:5: is_staff was False when the plan was made and is True now" == what


def test_partly_applied_run_names_changes_failure_and_next_steps() -> None:
    """The next step completes or undoes the run, by its id."""
    error = SAMPLES[8]

    assert "done: one; failed: two" in error.what
    assert "timed out" == error.why
    assert "run the procedure again" in error.next_step
    assert "runbook undo R1" in error.next_step


def test_similar_names_are_suggested() -> None:
    """Similar keys are alternatives; without any, nothing is guessed."""
    assert "did you mean 'joetest' or 'joetest2'?" == SAMPLES[3].why
    assert "" == TargetNotFound(kind="user", key="'x'", where="the atmosphere database").why


def test_all_problems_of_parameters_are_in_one_line() -> None:
    """The procedure comes first, then every problem."""
    assert "grant_staff: username is missing; site is wrong" == SAMPLES[0].what
    assert "a" == ParamError(problems=["a"], next_step="b").what


def test_missing_columns_are_named() -> None:
    """A drift names the database and each table or column it lacks."""
    assert "the atmosphere database has no application_version.name, group" == SAMPLES[2].what
