"""A defect of the runbook at the operator's terminal: one paragraph, exit 70, no traceback and no value."""

from __future__ import annotations

import argparse
import importlib
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import render
from runbook_lib.cli import defects, parser
from runbook_lib.config.settings import Settings
from runbook_lib.engine.execution import Execution
from runbook_lib.journal import Journal
from runbook_lib.model.plan import Plan
from runbook_lib.procedures import grant_staff, list_staff
from runbook_lib.systems.db.models.atmosphere.models import AtmosphereUser
from tests.cli.test_main import GRANT, SECRET, WHY, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.checkout import Checkout

REPORT = "report the defect to the maintainers of this runbook; send them this message and this command: "
PLANNED = "runbook plan grant_staff username=… site=…"
APPLIED = "runbook apply grant_staff username=… site=… --reason … --yes"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """Return the journal of the test's commands."""
    return Journal(Settings(home=tmp_path / "home").journal_folder)


def fails(*_: Any, **__: Any) -> Any:
    """Raise an error that no author foresaw."""
    raise KeyError(SECRET)


def _writes(world: Any, params: Any) -> Plan:
    del world
    AtmosphereUser.objects.get(username=params.username).save()
    return Plan(because=SECRET)


def _raises(world: Any) -> Plan:
    del world
    return fails()


def _breaks_a_rule() -> Plan:
    return Plan()


def _returns_nothing(params: Any) -> None:
    del params


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (_writes, "it tried to write to atmosphere, or to lock something there (at "),
        (_raises, "it raised KeyError (at "),
        (_breaks_a_rule, "a plan has either changes or a reason why there are none (at "),
        (_returns_nothing, "it returned NoneType instead of Plan (at "),
    ],
)
def test_defect_of_a_plan_is_one_paragraph(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch, plan: Callable[..., Any], why: str
) -> None:
    """Error, reason, place, that nothing was changed, what to report; the same in JSON; other procedures work."""
    monkeypatch.setattr(grant_staff, "plan", plan)

    assert "" == runbook("plan", *GRANT, exit_code=70)
    what, reason, changed, step = runbook.err.splitlines()
    error = runbook.json("plan", *GRANT, exit_code=70)

    assert ("plan() of grant_staff failed because of a defect", "Nothing was changed.") == (what, changed)
    assert reason.startswith(why)
    assert f"Next: {REPORT}{PLANNED}" == step
    assert SECRET not in runbook.err
    assert {
        "error": "defect",
        "what": what,
        "why": reason,
        "next_step": f"{REPORT}{PLANNED} --json",
        "changed": False,
    } == error
    runbook("plan", "revoke_staff", "username=staffmember")


def test_defect_of_an_inspection_is_one_paragraph(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard against writes applies to inspections too."""
    monkeypatch.setattr(list_staff, "inspect", lambda: AtmosphereUser.objects.all().delete())

    runbook("inspect", "list_staff", exit_code=70)

    what, reason, changed, step = runbook.err.splitlines()
    assert "inspect() of list_staff failed because of a defect" == what
    assert "it tried to write to atmosphere" in reason
    assert ("Nothing was changed.", f"Next: {REPORT}runbook inspect list_staff") == (changed, step)


def test_defect_of_another_command_is_one_paragraph(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the last line of the package in the traceback."""
    monkeypatch.setattr(render, "procedure_text", fails)

    runbook("show", "grant_staff", exit_code=70)

    what, reason, changed, _ = runbook.err.splitlines()
    assert "runbook show failed because of a defect" == what
    assert reason.startswith("it raised KeyError (at runbook_lib/cli/procedures.py:")
    assert "Nothing was changed." == changed


def test_traceback_is_shown_on_request(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """It precedes the paragraph, on standard error in JSON too."""
    monkeypatch.setattr(grant_staff, "plan", _writes)

    runbook("plan", *GRANT, "--traceback", exit_code=70)
    shown, _, paragraph = runbook.err.partition("\nplan() of grant_staff failed")
    error = runbook.json("plan", *GRANT, "--traceback", exit_code=70)

    assert shown.startswith("Traceback (most recent call last):")
    assert "WriteRefused: while a plan is made, atmosphere is only read; refused: UPDATE" in shown.splitlines()[-1]
    assert 4 == len(paragraph.splitlines())
    assert ("defect", True) == (error["error"], runbook.err.startswith("Traceback"))


def test_ctrl_c_is_not_a_defect(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator requested it."""

    def interrupt(world: Any, params: Any) -> Plan:
        raise KeyboardInterrupt

    monkeypatch.setattr(grant_staff, "plan", interrupt)

    runbook("plan", *GRANT, exit_code=130)


def test_defect_before_the_run_changes_nothing(
    runbook: Terminal, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No run is recorded, and the error names none."""
    monkeypatch.setattr(grant_staff, "plan", _raises)

    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=70)

    assert (False, None, []) == (error["changed"], error.get("run_id"), journal.runs())
    assert f"{REPORT}{APPLIED} --json" == error["next_step"]


def test_defect_before_the_first_commit_changes_nothing(
    runbook: Terminal, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is recorded as not applied."""
    monkeypatch.setattr(Execution, "compare_targets", fails)

    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=70)

    assert ("defect", False) == (error["error"], error["changed"])
    assert ["not-applied"] == [run.state for run in journal.runs()]
    assert SECRET not in journal.path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("function", "state"),
    [
        (("runbook_lib.render", "outcome_text"), "applied"),
        (("runbook_lib.engine.apply", "is_applied"), "not-verified"),
    ],
)
def test_defect_after_the_commit_names_run_and_changes(
    runbook: Terminal, journal: Journal, monkeypatch: pytest.MonkeyPatch, function: tuple[str, str], state: str
) -> None:
    """While it is read back, and while the outcome is shown."""
    module, name = function
    monkeypatch.setattr(importlib.import_module(module), name, fails)

    runbook("apply", *GRANT, *WHY, "--yes", exit_code=70)

    (run,) = journal.runs()
    assert state == run.state
    _, _, changed, step = runbook.err.splitlines()
    assert f"Something WAS changed, by run {run.run_id}." == changed
    assert f"Next: list the changes of run {run.run_id}: runbook history; then {REPORT}{APPLIED}" == step
    assert "Nothing" not in runbook.err


def test_defect_after_an_announced_step_is_unknown(
    runbook: Terminal, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal proves only the announcement: the command that resolves the run comes first."""
    monkeypatch.setattr(Execution, "record_outcome", fails)

    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=70)

    (run,) = journal.runs()
    assert ("unknown", None, run.run_id) == (run.state, error["changed"], error["run_id"])
    assert error["next_step"].startswith("resolve the interrupted run: runbook history --settle; then report")
    monkeypatch.undo()
    monkeypatch.setenv("RUNBOOK_HOME", str(journal.path.parents[1]))
    runbook("history", "--settle")
    assert ["applied"] == [run.state for run in journal.runs()]


def test_defect_between_two_commits_is_partly_applied(
    runbook: Terminal, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The changes made are known, so the operator can undo them; the cause is called a defect, without a value."""
    original = Execution.perform_step

    def fail_second(self: Execution, *args: Any, **kwargs: Any) -> None:
        if self.done:
            fails()
        original(self, *args, **kwargs)

    monkeypatch.setattr(Execution, "perform_step", fail_second)

    error = runbook.json("apply", "grant_staff", "username=joetest", *WHY, "--yes", exit_code=5)

    (run,) = journal.runs()
    assert ("partly-applied", True) == (error["error"], error["changed"])
    assert "a defect of the runbook; report it with this message: it raised KeyError (at " in error["why"]
    assert run.run_id in error["what"]
    assert SECRET not in str(error) + journal.path.read_text(encoding="utf-8")


def test_defect_while_reading_back_is_unknown(
    runbook: Terminal, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that failed might have happened: 'not applied' would be a guess."""
    original = Execution.perform_step

    def fail_after(self: Execution, name: str, changes: Any, *, act: Callable[[], None], witness: str = "") -> None:
        def both() -> None:
            act()
            fails()

        original(self, name, changes, act=both, witness=witness)

    monkeypatch.setattr(Execution, "perform_step", fail_after)
    monkeypatch.setattr("runbook_lib.engine.execution.read_effect", fails)

    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=8)

    assert ("outcome-unknown", None) == (error["error"], error["changed"])
    assert ["unknown"] == [run.state for run in journal.runs()]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        (("plan", "grant_staff", "-p", f"username={SECRET}", f"{SECRET}=x"), "runbook plan grant_staff username=… …=…"),
        (("plan", SECRET, "a=b"), "runbook plan … …=…"),
        (("undo", SECRET, "--reason", SECRET, "--yes"), "runbook undo … --reason … --yes"),
        (("apply", "--plan", SECRET, "--reason", SECRET, "--json"), "runbook apply --plan … --reason … --json"),
        (("history", "--object", SECRET), "runbook history --object …"),
        (("history", "--settle"), "runbook history --settle"),
        (
            ("history", SECRET, "--settle", "--found", "done", "--reason", SECRET),
            "runbook history … --reason … --found … --settle",
        ),
        (("--site", "prod", "doctor"), "runbook doctor --site …"),
        (("triage", SECRET), "runbook triage …"),
        (("list",), "runbook list"),
        ((), "runbook"),
    ],
)
def test_command_is_reported_without_its_values(arguments: tuple[str, ...], reported: str) -> None:
    """Any value can be a secret; the procedure, its parameters and the options are not."""
    assert reported == defects.redact_values(parser.parse(arguments))


def test_unparsed_command_is_reported() -> None:
    """A defect of the parser has no arguments to name."""
    assert "runbook" == defects.redact_values(argparse.Namespace(command=""))


def test_process_with_a_defect_shows_no_traceback(checkout: Checkout) -> None:
    """The same in a separate process, as an operator starts it."""
    checkout.append("grant_staff", "def plan(params):\n    accounts.atmosphere_user(params.username).save()\n")

    ended = checkout.runbook("plan", "grant_staff", "username=joetest")

    assert (70, "") == (ended.returncode, ended.stdout)
    assert 4 == len(ended.stderr.splitlines())
    assert "(at runbook_lib/procedures/grant_staff.py:" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("apply grant_staff --reason x", True),
        ("undo last --reason x", True),
        ("approve 26af12149a78 --reason x", True),
        ("history --settle", True),
        ("history", False),
        ("history --check", False),
        ("plan grant_staff", False),
        ("inspect list_staff", False),
        ("verify last", False),
        ("doctor", False),
    ],
)
def test_commands_that_may_write_are_known_by_their_options(command: str, *, expected: bool) -> None:
    """A closed output is reported for them, even if nothing was changed."""
    assert expected is defects.may_write(parser.parse(command.split()))
