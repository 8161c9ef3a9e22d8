"""Commands on a host: intact arguments through every ssh, live output, time limits and failures."""

from __future__ import annotations

import stat
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import CallUnsettled, NotConnected, Refused, WriteRefused
from runbook_lib.model import Call
from runbook_lib.systems.host import Completed, Host, calls

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.model import Call

LOCAL = ("env", "LC_ALL=C")  # a prefix that runs commands on this machine
NASTY = ["printf", "%s|", "a b", "$HOME", "; touch x", "'\"", "*", "", "ü"]


def call(*argv: str) -> Call:
    """Return the call that runs a command."""
    return calls.run(argv)


@pytest.fixture
def ssh(tmp_path: Path) -> str:
    """A program named ssh that joins its arguments and passes them to a shell, like ssh."""
    program = tmp_path / "ssh"
    program.write_text('#!/bin/sh\n[ "$1" = down ] && { echo "ssh: connect to host down: refused" >&2; exit 255; }\n'
                       'shift\nexec sh -c "$*"\n')  # fmt: skip
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_missing_configuration_is_refused() -> None:
    """The error names the setting, for reading and for running."""
    for use in (lambda host: host.read(["id"]), lambda host: host.perform(call("id"))):
        with pytest.raises(Refused, match="RUNBOOK_HOST_EXEC is not set"):
            use(Host(()))


def test_arguments_stay_intact_without_a_shell() -> None:
    """Spaces, quotes and special characters of a shell arrive unchanged."""
    assert Completed(0, "a b|$HOME|; touch x|'\"|*||ü|") == Host(LOCAL).read(NASTY)


@pytest.mark.parametrize("hops", [1, 2])
def test_arguments_stay_intact_through_every_ssh(ssh: str, hops: int) -> None:
    """Each ssh passes its arguments to a shell, so they are quoted once per ssh."""
    prefix = (ssh, "atmo-prod") * hops + ("env",)

    assert Completed(0, "a b|$HOME|; touch x|'\"|*||ü|") == Host(prefix).read(NASTY)


def test_exit_code_of_a_read_does_not_raise() -> None:
    """The caller evaluates the exit code."""
    assert Completed(3, "out\nerr") == Host(LOCAL).read(["sh", "-c", "echo out; echo err >&2; exit 3"])


def test_host_that_is_down_is_not_connected(ssh: str) -> None:
    """The error has the message of ssh."""
    with pytest.raises(NotConnected, match="connect to host down: refused"):
        Host((ssh, "down", "sudo")).read(["id"])


def test_missing_program_of_the_prefix_is_not_connected() -> None:
    """The first argument of the prefix is not a program on this machine."""
    with pytest.raises(NotConnected, match="no-such-ssh can't be started"):
        Host(("no-such-ssh", "atmo")).perform(call("id"))


def test_read_that_hangs_times_out() -> None:
    """The command and its children are killed."""
    began = time.monotonic()

    with pytest.raises(NotConnected, match=r"did not end within 0\.5 s"):
        Host(LOCAL).read(["sh", "-c", "sleep 60 & sleep 60"], seconds=0.5)

    assert time.monotonic() - began < 5


def test_daemon_that_keeps_the_output_open_does_not_block() -> None:
    """The command has ended, but its background process holds the output open."""
    began = time.monotonic()

    completed = Host(LOCAL).read(["sh", "-c", "sleep 20 & echo started"])

    assert Completed(0, "started") == completed
    assert time.monotonic() - began < 10


def test_command_has_no_input_and_no_terminal() -> None:
    """A command that prompts gets an end of file at once, instead of waiting for an answer."""
    assert Completed(1, "") == Host(LOCAL).read(["sh", "-c", "read answer"])
    assert 0 != Host(LOCAL).read(["sh", "-c", "exec < /dev/tty"]).exit_code


def test_colors_are_removed() -> None:
    """Escape sequences of a terminal are not a part of the text."""
    assert Completed(0, "node: OK") == Host(LOCAL).read(["printf", "node: \\033[1;32mOK\\033[0m\\n"])


def test_output_is_followed_live_and_redacted() -> None:
    """Each line is reported when it is written, without the secret."""
    reported: list[tuple[str, float]] = []
    host = Host(
        LOCAL,
        on_line=lambda line: reported.append((line, time.monotonic())),
        redact=lambda text: text.replace("hunter2-not-shown", "(env:X)"),
    )
    slow = "import time; print('hunter2-not-shown', flush=True); time.sleep(1); print('two')"
    command = call(sys.executable, "-c", slow)
    assert host.current(command) is None

    host.perform(command)

    assert ["(env:X)", "two"] == [line for line, _ in reported]
    assert reported[1][1] - reported[0][1] > 0.5
    assert "done" == host.current(command)


def test_failed_command_is_unsettled_with_its_last_lines() -> None:
    """It started, so it might have changed something; the error has its last three lines."""
    host = Host(LOCAL)
    command = call("sh", "-c", "seq 1 30; exit 4")

    with pytest.raises(CallUnsettled, match=r"ended with exit code 4; its last lines: 28 / 29 / 30$"):
        host.perform(command)

    assert host.current(command) is None


def test_missing_command_is_refused() -> None:
    """Exit code 127 and the processes of the host show that nothing was started."""
    with pytest.raises(Refused, match="the command was not found"):
        Host(LOCAL).perform(call("no-such-command"))


@pytest.mark.parametrize("code", [126, 127])
def test_exit_code_of_a_program_that_exists_proves_nothing(code: int) -> None:
    """A script ends with these codes too, when one of its own commands is missing."""
    with pytest.raises(CallUnsettled, match=f"ended with exit code {code}"):
        Host(LOCAL).perform(call("sh", "-c", f"exit {code}"))


def test_program_that_is_not_executable_is_refused(tmp_path: Path) -> None:
    """Exit code 126, and the file has no permission for it."""
    (tmp_path / "script").write_text("true")
    with pytest.raises(Refused, match="it can't be executed"):
        Host(("env",)).perform(call(str(tmp_path / "script")))


def test_command_beyond_the_time_limit_is_unsettled() -> None:
    """It might still run on the host."""
    with pytest.raises(CallUnsettled, match=r"exceeded the time limit of 0\.3 s and might still run"):
        Host(LOCAL, run_seconds=0.3).perform(call("sleep", "60"))


def test_interrupted_command_is_unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the command, which might have changed something."""

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(CallUnsettled, match="was interrupted"):
        Host(LOCAL, on_line=interrupt).perform(call("sh", "-c", "echo x; sleep 60"))


def test_command_without_permission_is_refused() -> None:
    """The gateway checks the permission before every command that changes something."""
    host = Host(LOCAL, may_write=lambda: False)

    with pytest.raises(WriteRefused, match="host is only read"):
        host.perform(call("true"))
    with pytest.raises(WriteRefused, match="host is only read"):
        host.run(["true"], seconds=1)
