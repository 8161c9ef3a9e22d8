"""The finding of one system, and the verdict on all findings."""

from __future__ import annotations

import pytest

from runbook_lib.doctor.finding import Finding, from_error, judge, not_configured
from runbook_lib.errors import NotConnected, Refused, RunbookError


def connection_error(kind: str) -> NotConnected:
    """Return the error of an unusable system."""
    return NotConnected(kind=kind, system="Flower", address="127.0.0.1", reason="ok", next_step="ask")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (connection_error("unreachable"), "not reachable"),
        (connection_error("login"), "refused"),
        (connection_error("wrong-answer"), "wrong"),
        (Refused(what="this account may not", next_step="ask"), "refused"),
    ],
)
def test_kind_of_an_error_decides_the_state(error: RunbookError, state: str) -> None:
    """The error's text is shown, but does not decide."""
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
def test_worst_finding_decides(states: list[str], error: type[RunbookError] | None) -> None:
    """Unconfigured systems and invalid procedures do not count as problems."""
    findings = [Finding(f"system{number}", state) for number, state in enumerate(states)]
    if error is None:
        judge(findings)
        return
    with pytest.raises(error) as caught:
        judge(findings)
    assert f"system{len(states) - 1}" in caught.value.what
    assert "system0" not in caught.value.what or states[0] != "ok"


def test_unconfigured_system_names_its_settings() -> None:
    """The next step names all of them."""
    finding = not_configured("flower", "RUNBOOK_FLOWER_URL", "RUNBOOK_X")

    assert ("not configured", "set RUNBOOK_FLOWER_URL and RUNBOOK_X to use it") == (finding.state, finding.next_step)
