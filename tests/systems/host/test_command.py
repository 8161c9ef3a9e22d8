"""Commands on a host: words stay words, through every ssh; output live; a limit on time; failures in words."""

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

HERE = ("env", "LC_ALL=C")  # a way to the host that leads to this machine
NASTY = ["printf", "%s|", "a b", "$HOME", "; touch x", "'\"", "*", "", "ü"]


def call(*argv: str) -> Call:
    """Return the call that runs a command."""
    return calls.run(argv)


@pytest.fixture
def ssh(tmp_path: Path) -> str:
    """A program named ssh that does what ssh does with its words: joins them and has a shell read them."""
    program = tmp_path / "ssh"
    program.write_text('#!/bin/sh\n[ "$1" = down ] && { echo "ssh: connect to host down: refused" >&2; exit 255; }\n'
                       'shift\nexec sh -c "$*"\n')  # fmt: skip
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_without_a_way_there_it_says_what_to_set() -> None:
    """Not configured is a refusal that names the setting; for inspecting and for running."""
    for use in (lambda host: host.read(["id"]), lambda host: host.perform(call("id"))):
        with pytest.raises(Refused, match="RUNBOOK_HOST_EXEC is not set"):
            use(Host(()))


def test_words_stay_words_without_a_shell() -> None:
    """Blanks, quotes and signs of a shell arrive as they are."""
    assert Completed(0, "a b|$HOME|; touch x|'\"|*||ü|") == Host(HERE).read(NASTY)


@pytest.mark.parametrize("hops", [1, 2])
def test_words_stay_words_through_every_ssh(ssh: str, hops: int) -> None:
    """Each ssh has a shell read its words, so they are quoted as often."""
    prefix = (ssh, "atmo-prod") * hops + ("env",)

    assert Completed(0, "a b|$HOME|; touch x|'\"|*||ü|") == Host(prefix).read(NASTY)


def test_an_exit_code_is_no_error_when_looking() -> None:
    """The caller judges the exit code."""
    assert Completed(3, "out\nerr") == Host(HERE).read(["sh", "-c", "echo out; echo err >&2; exit 3"])


def test_a_host_that_is_down_is_not_connected(ssh: str) -> None:
    """What ssh says is passed on."""
    with pytest.raises(NotConnected, match="connect to host down: refused"):
        Host((ssh, "down", "sudo")).read(["id"])


def test_a_way_that_does_not_exist_is_not_connected() -> None:
    """The first word of the prefix is no program here."""
    with pytest.raises(NotConnected, match="no-such-ssh can't be started"):
        Host(("no-such-ssh", "atmo")).perform(call("id"))


def test_looking_takes_no_longer_than_it_may() -> None:
    """A command that hangs is given up on, and its children with it."""
    began = time.monotonic()

    with pytest.raises(NotConnected, match=r"had not ended after 0\.5 s"):
        Host(HERE).read(["sh", "-c", "sleep 60 & sleep 60"], seconds=0.5)

    assert time.monotonic() - began < 5


def test_a_daemon_that_keeps_the_output_open_is_not_waited_for() -> None:
    """The command has ended; what it left running holds its output."""
    began = time.monotonic()

    done = Host(HERE).read(["sh", "-c", "sleep 20 & echo started"])

    assert Completed(0, "started") == done
    assert time.monotonic() - began < 10


def test_it_has_no_input_and_no_terminal() -> None:
    """A command that asks gets an end at once, instead of waiting for somebody at night."""
    assert Completed(1, "") == Host(HERE).read(["sh", "-c", "read answer"])
    assert 0 != Host(HERE).read(["sh", "-c", "exec < /dev/tty"]).exit_code


def test_colors_are_taken_out() -> None:
    """What would paint a terminal is no part of the text."""
    assert Completed(0, "node: OK") == Host(HERE).read(["printf", "node: \\033[1;32mOK\\033[0m\\n"])


def test_output_is_followed_live_and_redacted() -> None:
    """Each line is told when it is written, without the secret in it."""
    told: list[tuple[str, float]] = []
    host = Host(
        HERE,
        on_line=lambda line: told.append((line, time.monotonic())),
        redact=lambda text: text.replace("hunter2-not-shown", "(env:X)"),
    )
    slow = "import time; print('hunter2-not-shown', flush=True); time.sleep(1); print('two')"
    command = call(sys.executable, "-c", slow)
    assert host.current(command) is None

    host.perform(command)

    assert ["(env:X)", "two"] == [line for line, _ in told]
    assert told[1][1] - told[0][1] > 0.5
    assert "done" == host.current(command)


def test_a_command_that_fails_is_unsettled_with_its_last_lines() -> None:
    """It was started, so something may have been changed; the last three lines are in the text."""
    host = Host(HERE)
    command = call("sh", "-c", "seq 1 30; exit 4")

    with pytest.raises(CallUnsettled, match=r"ended with exit code 4; its last lines: 28 / 29 / 30$"):
        host.perform(command)

    assert host.current(command) is None


def test_a_command_that_is_not_there_changed_nothing() -> None:
    """127 means that nothing was started."""
    with pytest.raises(Refused, match="there is no such command"):
        Host(HERE).perform(call("no-such-command"))


def test_a_command_that_takes_too_long_is_cut_off_and_that_is_said() -> None:
    """It may still run on the host."""
    with pytest.raises(CallUnsettled, match=r"was cut off after 0\.3 s, and may still run"):
        Host(HERE, run_seconds=0.3).perform(call("sleep", "60"))


def test_an_interruption_is_unsettled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while it runs: the command is ended here, and what it did is not promised to be nothing."""

    def interrupt(_line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(CallUnsettled, match="was interrupted"):
        Host(HERE, on_line=interrupt).perform(call("sh", "-c", "echo x; sleep 60"))


def test_nothing_is_run_while_a_plan_is_made() -> None:
    """The switch against writes holds for commands too."""
    host = Host(HERE, may_write=lambda: False)

    with pytest.raises(WriteRefused, match="host is only read"):
        host.perform(call("true"))
    with pytest.raises(WriteRefused, match="host is only read"):
        host.run(["true"], seconds=1)
