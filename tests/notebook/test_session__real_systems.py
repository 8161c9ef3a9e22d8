"""With real systems configured, every screen names them, and an example value never replaces a missing one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config.settings import without_credentials

if TYPE_CHECKING:
    from tests.notebook.papermill_process import PapermillProcess

APPLY = ("-p", "apply", "True", "-r", "reason", "a test")


def test_missing_value_is_refused_before_anything_runs(real: PapermillProcess) -> None:
    """Our engine names and describes the missing parameter; no output file is left."""
    ran = real.run("runbook://grant_staff.ipynb", *APPLY)

    assert 1 == ran.code
    assert "username is missing: The username, exactly as the user logs in." in ran.terminal
    assert "stands in" not in ran.terminal
    assert not real.output.exists()


def test_first_call_refuses_a_missing_value_without_our_engine(real: PapermillProcess) -> None:
    """As in Jupyter: the example of the declaration does not reach a real system."""
    ran = real.run("runbook://grant_staff.ipynb", "--engine", "nbclient", *APPLY)

    assert 1 == ran.code
    assert "username is missing: The username, exactly as the user logs in." in ran.outputs()
    assert "stands in" not in ran.outputs()
    assert [] == real.journal.runs()


def test_apply_without_a_reason_is_refused(real: PapermillProcess) -> None:
    """The journal requires the reason; the message has an example of one."""
    ran = real.run("runbook://grant_staff.ipynb", "-r", "username", "joetest", "-p", "apply", "True")

    assert 1 == ran.code
    assert "reason is missing: apply requires it" in ran.terminal
    assert "papermill … -r reason 'ticket 123: new support engineer'" in ran.terminal
    assert not real.output.exists()


@pytest.fixture
def applied_run(real: PapermillProcess) -> tuple[PapermillProcess, str, str]:
    """Return a place, the output of a complete run in the notebook, and its terminal output."""
    ran = real.run("runbook://grant_staff.ipynb", "-r", "username", "joetest", *APPLY)
    assert 0 == ran.code, ran.terminal
    return real, ran.outputs(), ran.terminal


def test_run_names_the_systems_it_changed(applied_run: tuple[PapermillProcess, str, str]) -> None:
    """Notebook and journal name both databases, without credentials; neither mentions practice mode."""
    real, shown, printed = applied_run
    places = {name: without_credentials(url) for name, url in sorted(real.environment.items())}

    assert f"**On atmosphere = {places['RUNBOOK_ATMOSPHERE_DB']}, " in shown
    assert f"troposphere = {places['RUNBOOK_TROPOSPHERE_DB']}.**" in shown
    assert "fixture" not in shown.replace("databases", "").lower()
    assert "practice" not in shown.lower()
    assert not (real.home / "practice").exists()
    (run,) = real.journal.runs()
    assert "applied" == run.state
    for address, identified in zip(sorted(places.values()), sorted(run.plan.targets.values()), strict=True):
        assert re.fullmatch(rf"{re.escape(address)} \((inode|system) \d+(, database OID \d+)?\)", identified)
    terminal = ["Input Notebook:  runbook://grant_staff.ipynb", f"Output Notebook: {real.output}"]
    assert [*terminal, "Executing notebook with kernel: python3"] == printed.splitlines()
