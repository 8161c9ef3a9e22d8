"""The line about a wait that lasts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runbook_lib.text import waiting

if TYPE_CHECKING:
    import pytest


def test_wait_is_reported_each_time_the_interval_passed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A short wait writes nothing; a long one writes one line per interval."""
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    wait = waiting.Wait("the commit of atmosphere")
    for now[0] in (0.1, 19.9, 20.1, 25.0, 40.0, 41.0):
        assert now[0] == wait.check()

    lines = [f"still waiting for the commit of atmosphere, after {seconds} s" for seconds in (20, 40)]
    assert lines == capsys.readouterr().err.splitlines()


def test_blocking_wait_is_reported(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Another thread writes the line, and stops with the wait."""
    monkeypatch.setattr(waiting, "NOTICE_SECONDS", 0.05)
    with waiting.reported("Glance"):
        time.sleep(0.3)
    reported = capsys.readouterr().err
    time.sleep(0.15)

    assert "still waiting for Glance, after 0 s\n" in reported
    assert not capsys.readouterr().err
