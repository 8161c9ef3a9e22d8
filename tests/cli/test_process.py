"""The command line as a process: standard output that can't be written, other encodings, and threads at its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

APPLY = ("apply", "grant_staff", "username=joetest", "site=atmosphere", "--reason", "test", "--yes")
NOT_APPLIED = "Nothing was changed.\nNext: run the command again with a standard output that can be written"


def start(
    tmp_path: Path, *arguments: str, stdout: int | None = None, redirect: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, in practice mode, with a redirection of the shell."""
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment = {**buffered, "RUNBOOK_HOME": str(tmp_path / "home"), **variables}
    command = ["sh", "-c", f'exec "$@" {redirect}', "sh", sys.executable, "-m", "runbook_lib", *arguments]
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, timeout=60, env=environment
    )


def states(tmp_path: Path) -> list[str]:
    """Return the states of the runs in the journal."""
    done = start(tmp_path, "history", "--json", stdout=subprocess.PIPE)
    return [run["state"] for run in json.loads(done.stdout)]


@pytest.mark.parametrize(("redirect", "reason"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")])
def test_apply_without_output_says_so(tmp_path: Path, redirect: str, reason: str) -> None:
    """The plan can't be shown, so nothing is applied; with JSON, the outcome can't be shown."""
    done = start(tmp_path, *APPLY, redirect=redirect)

    assert 3 == done.returncode
    assert f"standard output can't be written: {reason}\n{NOT_APPLIED}" == done.stderr.strip()
    assert [] == states(tmp_path)

    done = start(tmp_path, *APPLY, "--json", redirect=redirect)

    assert 8 == done.returncode
    assert f"standard output can't be written: {reason}\nSomething WAS changed, by run " in done.stderr
    assert "Traceback" not in done.stderr
    assert ["applied"] == states(tmp_path)


@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("--help",), ("plan", "nothing", "--json")])
def test_full_output_is_not_success(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Neither 0, 1 nor 120: a script would continue, or take it for a crash."""
    done = start(tmp_path, *arguments, redirect=">/dev/full")

    assert done.returncode in {2, 3}
    assert "Nothing was changed" in done.stderr or "can't be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_closed_pipe_is_quiet_for_a_command_that_changes_nothing(tmp_path: Path) -> None:
    """As with other tools, ``head`` ends the command."""
    reader, writer = os.pipe()
    os.close(reader)
    done = start(tmp_path, "list", stdout=writer)
    refused = start(tmp_path, *APPLY, stdout=writer)
    os.close(writer)

    assert (0, "") == (done.returncode, done.stderr)
    assert (3, f"standard output can't be written: Broken pipe\n{NOT_APPLIED}\n") == (
        refused.returncode,
        refused.stderr,
    )


def test_full_standard_error_changes_no_exit_code(tmp_path: Path) -> None:
    """The exit code still says what happened."""
    environment = {**os.environ, "RUNBOOK_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "runbook_lib", "plan", "nothing"]
    with Path("/dev/full").open("w") as full:
        assert 2 == subprocess.run(command, stderr=full, check=False, env=environment).returncode


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_other_encoding_shows_ascii(tmp_path: Path, encoding: str) -> None:
    """An arrow becomes two signs."""
    arguments = ("plan", "grant_staff", "username=joetest")
    done = start(tmp_path, *arguments, stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)

    assert (0, "") == (done.returncode, done.stderr)
    assert "~ is_staff      false -> true" in done.stdout
    assert "\\u" not in done.stdout


THREAD = """
import sys, threading, time
from runbook_lib.cli import process
from runbook_lib.world import ask

def answer_never():
    while True:
        sys.stderr.flush()  # as a library that logs
        time.sleep(0)

def main():
    ask.ask({"silent": answer_never}, seconds=0.1)
    print("shown")
    return 7

process.main = main
process.run()
"""


def test_thread_that_still_waits_does_not_change_the_end() -> None:
    """The process ends at once, with its output and its exit code."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", THREAD], capture_output=True, text=True, check=False, timeout=60)

    assert (7, "shown\n", "") == (done.returncode, done.stdout, done.stderr)
    assert 20 > time.monotonic() - began
