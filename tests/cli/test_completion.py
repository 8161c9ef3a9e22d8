"""Shell completion, as the script of a real bash asks for it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from tests.cli.test_main import GRANT, WHY

if TYPE_CHECKING:
    from tests.cli.test_main import Terminal

CHECKOUT = Path(__file__).resolve().parents[2]
# The function that the script defines, called as readline calls it; ``compopt`` works only inside readline.
ASK = """
eval "$(runbook completion bash)"
compopt() { :; }
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
_python_argcomplete runbook
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def complete(tmp_path: Path) -> Completion:
    """Return bash with our command in its path."""
    command = tmp_path / "bin" / "runbook"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m runbook_lib "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return Completion(command.parent)


class Completion:
    """Completes command lines in bash."""

    def __init__(self, folder: Path) -> None:
        self._environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)}

    def __call__(self, line: str) -> list[str]:
        """Return what bash offers after a line, sorted."""
        bash = shutil.which("bash") or "bash"
        done = subprocess.run(
            [bash, "-c", ASK, "ask", line], env=self._environ, capture_output=True, text=True, check=False, timeout=60
        )
        assert "" == done.stderr
        return sorted(filter(None, (word.strip() for word in done.stdout.splitlines())))


def test_commands_and_procedures_are_completed(complete: Completion) -> None:
    """Only changes can be planned, and only inspections inspected."""
    assert ["plan"] == complete("runbook pl")
    assert list(procedures.changing()) == complete("runbook plan ")
    assert list(procedures.inspecting()) == complete("runbook inspect ")
    assert ["--practice"] == complete("runbook plan --pr")


def test_parameters_and_choices_are_completed(complete: Completion) -> None:
    """With and without ``-p``; a value without choices is not guessed."""
    names = ["password=", "site=", "superuser=", "username="]

    assert names == complete("runbook plan grant_staff ")
    assert names == complete("runbook plan grant_staff -p ")
    assert ["atmosphere", "both", "troposphere"] == complete("runbook plan grant_staff site=")
    assert [] == complete("runbook plan grant_staff username=")


def test_ids_are_completed_without_a_system(complete: Completion, runbook: Terminal) -> None:
    """Runs come from the journal and plans from their folder."""
    run = runbook.json("apply", *GRANT, *WHY, "--yes")

    assert [run["run_id"], "last"] == complete("runbook undo ")
    assert [run["run_id"]] == complete(f"runbook history {run['run_id'][:4]}")
    plan = runbook.json("plan", "revoke_staff", "username=joetest")
    assert [plan["plan_id"]] == complete("runbook apply --plan ")
    assert [plan["plan_id"]] == complete("runbook approve ")


def test_sites_are_completed(complete: Completion, tmp_path: Path) -> None:
    """They come from the configuration file, before and after the command."""
    folder = tmp_path / "no-configuration" / "runbook"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        "[sites.prod]\nlog_dir = '/l'\n[sites.test]\nlog_dir = '/l'\n", encoding="utf-8"
    )

    assert ["prod", "test"] == complete("runbook --site ")
    assert ["prod"] == complete("runbook doctor --site p")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(runbook: Terminal, shell: str) -> None:
    """It asks the command itself, so it needs no update after a release."""
    assert "_ARGCOMPLETE" in runbook("completion", shell)
