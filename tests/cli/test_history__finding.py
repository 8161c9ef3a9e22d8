"""A run whose last step no system can prove: ``history --settle`` says what to check, and records what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled
from runbook_lib.fixture.rows.launches import GUIDE_INSTANCE
from runbook_lib.systems.atmosphere_api.api import AtmosphereApi
from runbook_lib.systems.atmosphere_api.client import ApiResponse
from runbook_lib.systems.openstack.glance import Glance

if TYPE_CHECKING:
    from runbook_lib.model import Call
    from tests.cli.test_main import Terminal

CHECKED = ("--reason", "the instance's history has no reboot")


@pytest.fixture
def run_id(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> str:
    """Leave a reboot with a lost response, and return its run."""
    with monkeypatch.context() as context:
        context.setattr(AtmosphereApi, "_request", lambda *_: ApiResponse(0, "no response"))
        error = runbook.json(
            "apply", "reboot_instance", f"instance_id={GUIDE_INSTANCE}", "--reason", "test", "--yes", exit_code=8
        )
    assert error["changed"] is None
    return str(runbook.json("history")[0]["run_id"])


def test_unknown_step_is_named_with_the_commands_that_close_it(runbook: Terminal, run_id: str) -> None:
    """Settling exits with 8 as long as the outcome is unknown, and does not say that nothing was changed."""
    for _ in range(2):
        printed = runbook("history", "--settle", exit_code=8)

        assert f"Run {run_id}: unknown: check by hand: call   api instances/{GUIDE_INSTANCE}" in printed
        assert f"runbook history {run_id} --settle --found not-done --reason '…'" in printed
        assert "Nothing was changed" not in printed + runbook.err
    assert [{"run_id": run_id, "state": "unknown"}] == [
        {name: outcome[name] for name in ("run_id", "state")}
        for outcome in runbook.json("history", "--settle", exit_code=8)["settled"]
    ]


@pytest.mark.parametrize(
    ("finding", "state", "text"),
    [("done", "applied", "Applied. "), ("not-done", "not-applied", "Nothing was changed. ")],
)
def test_finding_closes_the_run(runbook: Terminal, run_id: str, finding: str, state: str, text: str) -> None:
    """The journal keeps who found it and why; the run is no longer unresolved, and can't be resolved twice."""
    runbook("history", run_id, "--settle", "--found", finding, *CHECKED)

    assert state == runbook.json("history", run_id)[0]["state"]
    shown = runbook("history", run_id)
    assert f"{text}" in shown
    assert f"found that the last step {'was done' if finding == 'done' else 'was not done'}: {CHECKED[1]}" in shown
    assert [] == runbook.json("history", "--settle")
    assert (finding == "done") is bool(runbook.json("history", run_id)[0]["receipt"])
    error = runbook.json("history", run_id, "--settle", "--found", finding, *CHECKED, exit_code=3)
    assert f"the outcome of run {run_id} is known: {state}" == error["what"]
    assert [] == runbook.json("history", "--check")["problems"]


def test_partly_applied_run_exits_with_8_until_its_last_step_is_known(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Apply, history and settle name the unknown step and the changes that were made."""
    perform, calls = Glance.perform, []

    def lose_the_second(glance: Glance, call: Call) -> None:
        calls.append(call)
        if len(calls) == 2:
            raise CallUnsettled("no response")
        perform(glance, call)

    with monkeypatch.context() as context:
        context.setattr(Glance, "perform", lose_the_second)
        error = runbook.json(
            "apply", "publicize_image", "application_id=1201", "--reason", "test", "--yes", exit_code=8
        )
    run_id, step = error["run_id"], calls[1].describe()

    assert ("outcome-unknown", True, step) == (error["error"], error["changed"], error["unknown_step"])
    assert "Something WAS changed, and the outcome of the last step is unknown." in runbook("history", run_id)
    settled = runbook.json("history", "--settle", exit_code=8)
    assert ("partly-applied", step, True) == (settled["state"], settled["unknown_step"], settled["changed"])
    shown = runbook("history", run_id)
    assert "Applied only in part. The outcome of the last step is unknown." in shown
    assert f"    unknown: {step}" in shown
    runbook("history", run_id, "--settle", "--found", "not-done", *CHECKED)
    assert "" == runbook.json("history", run_id)[0]["unknown_step"]
    assert [] == runbook.json("history", "--check")["problems"]


def test_outcome_that_can_be_read_is_not_recorded_by_hand(runbook: Terminal) -> None:
    """A run that ended has an outcome of its own."""
    runbook("apply", "grant_staff", "username=joetest", "--reason", "test", "--yes")
    run_id = runbook.json("history")[0]["run_id"]

    error = runbook.json("history", run_id, "--settle", "--found", "not-done", *CHECKED, exit_code=3)

    assert "is known: applied" in error["what"]


@pytest.mark.parametrize(
    "words",
    [
        ("--settle", "--found", "done", *CHECKED),
        ("last", "--found", "done", *CHECKED),
        ("last", "--settle", "--found", "done"),
        ("last", "--settle", *CHECKED),
        ("last", "--settle", "--found", "maybe", *CHECKED),
    ],
)
def test_finding_needs_a_run_and_a_reason(runbook: Terminal, words: tuple[str, ...]) -> None:
    """Anything else is bad usage, and nothing is recorded."""
    runbook("history", *words, exit_code=2)
    assert [] == runbook.json("history")
