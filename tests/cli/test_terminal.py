"""The command line on a real terminal: colors, width, waiting lines, and none of them elsewhere."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import sys
import termios
from typing import TYPE_CHECKING

from runbook_lib.cli import terminal

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PLAN = ("plan", "change_quota", "username=joetest", "provider_id=4", "cpu=44")
COLOR = re.compile(r"\x1b\[[0-9;]*m")


def run_on_terminal(home: Path, columns: int, *arguments: str, **environment: str) -> str:
    """Return what a command writes to a terminal of this width."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES", "TERM"}}
    environ = {**kept, "TERM": "xterm-256color", "RUNBOOK_HOME": str(home), **environment}
    process, descriptor = os.forkpty()
    if not process:
        os.execve(sys.executable, [sys.executable, "-m", "runbook_lib", *arguments], environ)
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    written = b""
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        written += part
    os.close(descriptor)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), written
    return written.decode().replace("\r\n", "\n")


def test_differences_are_colored(home: Path) -> None:
    """The old value is red and the new one green; without colors, the same text remains."""
    colored = run_on_terminal(home, 80, *PLAN)
    bare = run_on_terminal(home, 80, *PLAN, TERM="dumb")

    assert "~ quota.cpu  \x1b[31m16\x1b[0m → \x1b[32m44\x1b[0m" in colored
    assert "\x1b" not in bare
    assert COLOR.sub("", colored) == bare
    assert "         7 unchanged\n" in bare
    assert not re.search(r"\x1b\[3\d", run_on_terminal(home, 80, *PLAN, NO_COLOR="1"))


def test_prose_is_wrapped_and_commands_are_not(home: Path) -> None:
    """Sentences fit the terminal; a command is one line, however long."""
    lines = run_on_terminal(home, 60, *PLAN, TERM="dumb").splitlines()

    unbroken = ("runbook apply", "api identities", "quota_assigned.py")  # a command, an address and a source
    assert [] == [line for line in lines if len(line) > 60 and not any(text in line for text in unbroken)]
    assert any(line.startswith("        ") and "undo" in line for line in lines)
    [command] = [line for line in lines if "runbook apply" in line]
    assert re.search(r"runbook apply --plan \w{12} --reason '…'$", command)


def test_table_is_never_cut(home: Path) -> None:
    """On a narrow terminal each row becomes a block; on a wide one the columns are aligned. No ID is broken."""
    call = ("inspect", "triage_imaging_request", "request_id=16519")
    narrow = run_on_terminal(home, 80, *call, TERM="dumb")
    wide = run_on_terminal(home, 250, *call, TERM="dumb")

    identifier = "578d6d12-ccfa-52c5-9aee-e08bd9a54290"
    assert f"  id         {identifier}\n" in narrow
    assert re.search(rf"process_request +FAILURE +imaging@atmo-prod +Exception\(.*\) +{identifier}\n", wide)
    assert "…" not in narrow


def test_waiting_line_names_the_sources_and_disappears(home: Path) -> None:
    """It is on the terminal alone, and the last one of it is erased."""
    shown = run_on_terminal(home, 200, "inspect", "triage_imaging_request", "request_id=16519")

    assert re.search(r"waiting for (glance|nova|flower|broker|logs)", shown)
    assert "\x1b[2K" in shown[shown.rindex("waiting for") :]


def test_pipe_gets_no_waiting_line(capfd: pytest.CaptureFixture[str]) -> None:
    """A stream that is not a terminal stays empty."""
    with terminal.status(sys.stderr) as status:
        status(["nova:4"])
        status([])

    assert ("", "") == capfd.readouterr()
    assert terminal.width(sys.stdout) is None
