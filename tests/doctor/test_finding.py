"""What the doctor says of one system, and what all of it comes to."""

from __future__ import annotations

import pytest

from runbook_lib.doctor.finding import Finding, from_error, judge, not_configured
from runbook_lib.errors import NotConnected, Refused, RunbookError


def lost(kind: str) -> NotConnected:
    """Return the error of a system that can't be used."""
    return NotConnected(kind=kind, system="Flower", address="127.0.0.1", reason="ok", next_step="ask")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (lost("unreachable"), "not reachable"),
        (lost("login"), "refused"),
        (lost("wrong-answer"), "wrong"),
        (Refused(what="this account may not", next_step="ask"), "refused"),
    ],
)
def test_the_kind_of_an_error_makes_the_state(error: RunbookError, state: str) -> None:
    """Its sentences are shown, and decide nothing."""
    finding = from_error("flower", error)

    assert (state, "ask") == (finding.state, finding.next_step)
    assert finding.what.startswith(error.what)


@pytest.mark.parametrize(
    ("states", "error"),
    [
        ([], None),
        (["ok", "not configured", "not valid"], None),
        (["ok", "not reachable"], NotConnected),
        (["not reachable", "refused"], Refused),
        (["wrong"], Refused),
    ],
)
def test_the_worst_finding_decides(states: list[str], error: type[RunbookError] | None) -> None:
    """What is not configured, and a procedure that is not valid, are no matter of the systems."""
    findings = [Finding(f"system{number}", state) for number, state in enumerate(states)]
    if error is None:
        judge(findings)
        return
    with pytest.raises(error) as caught:
        judge(findings)
    assert f"system{len(states) - 1}" in caught.value.what
    assert "system0" not in caught.value.what or states[0] != "ok"


def test_what_no_setting_names_says_which_would() -> None:
    """All of them."""
    finding = not_configured("flower", "RUNBOOK_FLOWER_URL", "RUNBOOK_X")

    assert ("not configured", "set RUNBOOK_FLOWER_URL and RUNBOOK_X to use it") == (finding.state, finding.next_step)
