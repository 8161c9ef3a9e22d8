"""A command that reports a failure has failed, even with exit code 0."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled
from runbook_lib.systems.host import calls
from runbook_lib.systems.host.command import Host
from runbook_lib.systems.host.exit_lines import MARKS, MAX_FAILURES, ExitLines

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model import Call

SYNC = "/opt/dev/atmosphere/scripts/application_sync_providers.py"
MARK = "2026-01-15 12:00:00,000 - ERROR - Encountered exception while running application_to_provider:"


def test_failure_is_kept_with_its_cause() -> None:
    """The line after the mark has the cause."""
    verdict = ExitLines(["env", "A=B", "python", SYNC, "4", "5"])
    for line in ("begin", MARK, "no such image", "Traceback", MARK, "no room"):
        verdict.add(line)

    assert (2, [f"{MARK} no such image", f"{MARK} no room"]) == (verdict.count, verdict.failures)


def test_only_the_first_failures_are_kept() -> None:
    """All failures are counted, and the message stays readable."""
    verdict = ExitLines([SYNC])
    for _ in range(MAX_FAILURES + 5):
        verdict.add(MARK)

    assert (MAX_FAILURES + 5, MAX_FAILURES) == (verdict.count, len(verdict.failures))


@pytest.mark.parametrize("argv", [["cat", "log"], ["service", "celeryd", "restart"], []])
def test_other_commands_are_judged_by_their_exit_code(argv: list[str]) -> None:
    """The mark in the output of another command, such as a log, does not count."""
    verdict = ExitLines(argv)
    verdict.add(MARK)

    assert (0, []) == (verdict.count, verdict.failures)


def run(folder: Path, script: str) -> tuple[Host, Call]:
    """Return a host with this Python code as the script, and the call that runs the script."""
    path = folder / next(iter(MARKS))
    path.write_text(script)
    host = Host((sys.executable,))
    return host, calls.run([str(path), "4", "5"])


def test_reported_failure_with_exit_code_0_is_unsettled(tmp_path: Path) -> None:
    """A part of the work was done and a part failed, so the outcome is unsettled."""
    host, call = run(tmp_path, f"print('{MARK}')\nprint('no such image')\n" + "print('on it goes')\n" * 100)

    with pytest.raises(CallUnsettled, match=r"exit code 0 but reported 1 failure\(s\).* no such image"):
        host.perform(call)

    assert host.current(call) is None


def test_run_without_the_mark_is_done(tmp_path: Path) -> None:
    """The exit code decides, as for any command."""
    host, call = run(tmp_path, "print('Migrated')")

    host.perform(call)

    assert call.after == host.current(call)
