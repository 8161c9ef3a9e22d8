"""A command that ends with 0 and says that it failed has failed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled
from runbook_lib.systems.host import calls
from runbook_lib.systems.host.command import Host
from runbook_lib.systems.host.exit_lines import MARKS, MOST, ExitLines

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model import Call

SYNC = "/opt/dev/atmosphere/scripts/application_sync_providers.py"
MARK = "2026-01-15 12:00:00,000 - ERROR - Encountered exception while running application_to_provider:"


def test_a_failure_is_kept_with_its_cause() -> None:
    """The line after the mark has it."""
    verdict = ExitLines(["env", "A=B", "python", SYNC, "4", "5"])
    for line in ("begin", MARK, "no such image", "Traceback", MARK, "no room"):
        verdict.hear(line)

    assert (2, [f"{MARK} no such image", f"{MARK} no room"]) == (verdict.count, verdict.told)


def test_a_flood_is_counted_and_only_its_beginning_kept() -> None:
    """A message can be read."""
    verdict = ExitLines([SYNC])
    for _ in range(MOST + 5):
        verdict.hear(MARK)

    assert (MOST + 5, MOST) == (verdict.count, len(verdict.told))


@pytest.mark.parametrize("argv", [["cat", "log"], ["service", "celeryd", "restart"], []])
def test_other_commands_are_judged_by_their_exit_code(argv: list[str]) -> None:
    """A log that is shown may hold the mark."""
    verdict = ExitLines(argv)
    verdict.hear(MARK)

    assert (0, []) == (verdict.count, verdict.told)


def run(folder: Path, script: str) -> tuple[Host, Call]:
    """Return a host on which the script's name stands for these lines of Python, and the call that runs it."""
    path = folder / next(iter(MARKS))
    path.write_text(script)
    host = Host((sys.executable,))
    return host, calls.run([str(path), "4", "5"])


def test_the_host_believes_the_lines_and_not_the_exit_code(tmp_path: Path) -> None:
    """Something was done and something failed: the engine is told that it is not settled."""
    host, call = run(tmp_path, f"print('{MARK}')\nprint('no such image')\n" + "print('on it goes')\n" * 100)

    with pytest.raises(CallUnsettled, match=r"exit code 0, but said 1 time\(s\) .* no such image"):
        host.perform(call)

    assert host.current(call) is None


def test_a_run_without_the_mark_is_done(tmp_path: Path) -> None:
    """As for any command."""
    host, call = run(tmp_path, "print('Migrated')")

    host.perform(call)

    assert call.after == host.current(call)
