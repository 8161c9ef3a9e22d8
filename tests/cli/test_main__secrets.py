"""The command line keeps secrets out of its output, asks on a terminal, and works from any folder."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook_lib.cli import main
from runbook_lib.config.settings import Settings
from runbook_lib.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Bench
from tests.cli.test_main import GRANT, SECRET, WHY, Terminal


def test_password_is_in_no_output(runbook: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the secret nor a hash of it is on stdout, on stderr, in the journal or in a saved plan."""
    monkeypatch.setenv("NEW_PASSWORD", SECRET)
    commands = (
        ["plan", *GRANT, "-p", "password=env:NEW_PASSWORD"],
        ["plan", *GRANT, "-p", "password=env:NEW_PASSWORD", "--json"],
        ["apply", *GRANT, "-p", "password=env:NEW_PASSWORD", *WHY, "--yes"],
        ["history"],
        ["history", "--json"],
    )
    outputs = [runbook(*arguments) + runbook.err for arguments in commands]
    kept = [
        path.read_text() for path in [Settings(home=home).journal_folder / "journal.jsonl", *(home / "plans").iterdir()]
    ]

    assert all("env:NEW_PASSWORD" in text for text in [*outputs, *kept])
    assert not any(SECRET in text or "pbkdf2" in text for text in [*outputs, *kept])


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", *GRANT, "-p", f"password={SECRET}"],
        ["plan", *GRANT, "-p", f"pasword={SECRET}"],
        ["plan", *GRANT, "-p", SECRET],
        ["plan", *GRANT, f"password={SECRET}"],
        ["plan", f"password={SECRET}", "grant_staff"],
        ["plan", *GRANT, f"--password={SECRET}"],
        ["apply", f"password={SECRET}", *WHY],
        ["apply", "--plan", "0" * 12, f"password={SECRET}", *WHY],
        ["list", f"password={SECRET}"],
        ["apply", *GRANT, "--password", SECRET, *WHY, "--yes"],
        ["apply", *GRANT, f"--pass={SECRET}", *WHY],
    ],
)
def test_cleartext_password_is_refused_and_not_repeated(runbook: Terminal, arguments: list[str]) -> None:
    """The output does not contain it, at any position of the command line."""
    assert SECRET not in json.dumps(runbook.json(*arguments, exit_code=2))
    runbook(*arguments, exit_code=2)
    assert SECRET not in runbook.err


def _run_on_a_terminal(arguments: list[str], answer: str, env: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Run a command on a terminal, type the answer to its question; return exit code and everything shown."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "runbook_lib", *arguments]
    with subprocess.Popen(
        command, stdin=inside, stdout=inside, stderr=inside, env=env, cwd=cwd, start_new_session=True
    ) as process:
        os.close(inside)
        shown, typed = b"", False
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # the other end is closed: the command has ended
                break
            if not typed and b"Type yes: " in shown:
                os.write(terminal, f"{answer}\n".encode())
                typed = True
        code = process.wait(20)
    os.close(terminal)
    assert typed
    return code, shown.decode()


@pytest.mark.parametrize(("answer", "exit_code"), [("yes", 0), ("no", 3), ("", 3), ("y", 3)])
def test_only_yes_confirms_a_plan(tmp_path: Path, home: Path, answer: str, exit_code: int) -> None:
    """The plan precedes the prompt, any other answer is exit code 3, and the working folder's name can hold a blank."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    code, shown = _run_on_a_terminal(["apply", *GRANT, *WHY], answer, dict(os.environ), folder)

    assert exit_code == code
    assert 0 < shown.index("~ is_staff") < shown.index("Apply this plan? Type yes: ")
    assert ([] if exit_code else ["applied"]) == [
        run.state for run in Journal(Settings(home=home).journal_folder).runs()
    ]
    assert ("Nothing was changed" in shown) is (exit_code == 3)
    assert ("the plan was neither applied nor approved" in shown) is (exit_code == 3)


def test_json_shows_the_plan_before_the_prompt(tmp_path: Path) -> None:
    """The operator sees the plan before the confirmation, and the JSON of a declined plan is an error."""
    code, shown = _run_on_a_terminal(["apply", *GRANT, *WHY, "--json"], "no", dict(os.environ), tmp_path)

    assert 0 < shown.index("~ is_staff") < shown.index("Apply this plan? Type yes: ")
    error = json.loads(shown[shown.rindex("\n{") :])
    assert (3, "refused", False) == (code, error["error"], error["changed"])


def test_module_command_works_from_any_folder(tmp_path: Path, home: Path) -> None:
    """``python -m runbook_lib`` separates stdout from stderr, and its exit code is the command's."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    command = [sys.executable, "-m", "runbook_lib"]

    good = subprocess.run([*command, "plan", *GRANT, "--json"], cwd=folder, capture_output=True, text=True, check=False)
    assert (0, "") == (good.returncode, good.stderr)
    assert json.loads(good.stdout)["changes"]

    bad = subprocess.run([*command, "plan", "x"], cwd=folder, capture_output=True, text=True, check=False)
    assert (2, "") == (bad.returncode, bad.stdout)
    assert "there is no procedure x" in bad.stderr
    assert [] == list(folder.iterdir())


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` exits with 0 and lists the commands."""
    with pytest.raises(SystemExit) as caught:
        main.main(["--help"])

    assert 0 == caught.value.code
    text = capsys.readouterr().out
    procedures = ["list", "show", "plan", "inspect", "apply", "undo", "approve"]
    commands = [
        *procedures,
        "history",
        "verify",
        "triage",
        "doctor",
        "config",
        "completion",
        "check-notebooks",
        "notebook",
        "mcp",
        "pages",
    ]
    assert commands == re.findall(r"^    ([\w-]+)", text, re.MULTILINE)


def test_plan_apply_and_undo_on_both_databases(bench: Bench, runbook: Terminal) -> None:
    """Plan, apply and undo work the same on SQLite and on PostgreSQL."""
    assert bench.home.exists()
    body = runbook.json("apply", "grant_staff", "-p", "username=joetest", *WHY, "--yes")
    assert "applied" == body["state"]
    assert "applied" == runbook.json("undo", body["run_id"], *WHY, "--yes")["state"]
