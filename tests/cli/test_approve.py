"""``runbook approve``: one operator plans, another approves, the first applies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect
from tests.cli.test_main import GRANT, WHY, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes this process another user's."""
    return lambda name: monkeypatch.setattr(connect, "operator", lambda: f"{name}@host")


def test_plan_is_applied_after_a_colleagues_approval(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch, log_in: Callable[[str], None]
) -> None:
    """Refused without, and with the operator's own; applied once with the colleague's."""
    monkeypatch.setenv("RUNBOOK_APPROVAL", "grant_staff,>50")
    log_in("alice")
    plan_id = runbook.json("plan", *GRANT)["plan_id"]
    error = runbook.json("apply", "--plan", plan_id, *WHY, "--yes", exit_code=3)
    assert f"runbook approve {plan_id}" in error["next_step"]
    assert error["changed"] is False
    runbook("approve", plan_id, *WHY, "--yes")
    assert (
        "can't approve a plan and apply it"
        in runbook.json("apply", "--plan", plan_id, *WHY, "--yes", exit_code=3)["why"]
    )

    log_in("bob")
    assert "bob@host" == runbook.json("approve", plan_id, *WHY, "--yes")["approved_by"]
    log_in("alice")
    assert "applied" == runbook.json("apply", "--plan", plan_id, *WHY, "--yes")["state"]


@pytest.mark.parametrize(("rule", "times"), [("grant_staff", 1), ("revoke_staff", 0)])
def test_plan_names_the_approval_that_it_needs(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch, rule: str, times: int
) -> None:
    """The command of the other operator stands before the command to apply, only if the site requires it."""
    monkeypatch.setenv("RUNBOOK_APPROVAL", rule)

    text = runbook("plan", *GRANT)

    assert times == text.count("Another operator must approve this plan first: runbook approve ")
    assert "To apply this plan: runbook apply --plan " in text


def test_refused_plan_is_saved_for_its_approval(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch, log_in: Callable[[str], None]
) -> None:
    """An apply without a saved plan names a plan that a colleague can approve."""
    monkeypatch.setenv("RUNBOOK_APPROVAL", "*")
    log_in("alice")
    step = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=3)["next_step"]
    plan_id = step.split("runbook approve ")[1].split()[0]

    log_in("bob")
    runbook("approve", plan_id, *WHY, "--yes")
    log_in("alice")
    assert "applied" == runbook.json("apply", "--plan", plan_id, *WHY, "--yes")["state"]


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("RUNBOOK_APPROVAL", "grant_stuff", "grant_stuff, which is not a procedure"),
        ("RUNBOOK_APPROVAL", "grant_staff;x", "which is neither a procedure, nor *, nor >NUMBER"),
        ("RUNBOOK_MAX_CHANGES", "many", "is not a whole number"),
        ("RUNBOOK_MAX_CHANGES", "0", "has 1 change"),
    ],
)
def test_wrong_rule_stops_the_command(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    """A misspelled procedure would otherwise need no approval."""
    monkeypatch.setenv(name, value)
    code = 3 if value == "0" else 2

    for arguments in (["plan", *GRANT], ["apply", *GRANT, *WHY, "--yes"]):
        assert problem in runbook.json(*arguments, exit_code=code)["what"]
