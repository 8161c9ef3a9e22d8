"""The command line: arguments, exit codes, stdout and stderr, and the JSON of every command."""

from __future__ import annotations

import json
import re
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import procedures
from runbook_lib.cli import main
from runbook_lib.config.settings import Settings
from runbook_lib.engine.execution import Execution
from runbook_lib.errors import NotConnected
from runbook_lib.fixture import build, practice
from runbook_lib.journal import Journal
from runbook_lib.model.groups import GROUPS
from runbook_lib.systems.db.access import connection

if TYPE_CHECKING:
    from pathlib import Path


GRANT = ("grant_staff", "-p", "username=joetest", "-p", "site=atmosphere")
WHY = ("--reason", "ticket 12: new colleague")
SECRET = "correct horse battery"


class Terminal:
    """Runs commands in this process and keeps their output."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.err = ""

    def __call__(self, *arguments: str, exit_code: int = 0) -> str:
        """Run a command, check its exit code, return its stdout."""
        self._capture.readouterr()
        code = main.main(arguments)
        out, self.err = self._capture.readouterr()
        assert exit_code == code, out + self.err
        return out

    def output(self) -> str:
        """Return what the last command printed on stdout."""
        return self._capture.readouterr().out

    def json(self, *arguments: str, exit_code: int = 0) -> Any:
        """Run a command with ``--json``; its stdout is one document."""
        return json.loads(self(*arguments, "--json", exit_code=exit_code))


def change(home: Path, sql: str) -> None:
    """Change the practice database as another program would."""
    connection.connect(build.urls(practice.prepare(home)), application_name="test")
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute(sql)


def test_command_without_arguments_shows_the_help(runbook: Terminal) -> None:
    """Bare ``runbook`` prints what ``runbook --help`` prints, and exits with 0."""
    with pytest.raises(SystemExit) as caught:
        runbook("--help")
    assert 0 == caught.value.code

    assert runbook.output() == runbook()
    assert "Plan, apply, verify and undo" in runbook()


def test_version_is_that_of_the_distribution(runbook: Terminal) -> None:
    """``runbook --version`` names the installed release."""
    assert f"runbook {metadata.version('runbook-lib')}\n" == runbook("--version")


def test_bare_parameter_equals_option_p(runbook: Terminal) -> None:
    """``name=value`` works with and without ``-p``, between other arguments, for each command that takes it."""
    plan = runbook.json("plan", *GRANT)

    assert plan == runbook.json("plan", "grant_staff", "username=joetest", "site=atmosphere")
    assert plan == runbook.json("plan", "-p", "site=atmosphere", "grant_staff", "username=joetest")
    account = ("inspect", "show_account", "--json")
    assert runbook(*account, "-p", "username=joetest") == runbook(*account, "username=joetest")
    applied = runbook.json("apply", "grant_staff", "site=atmosphere", *WHY, "username=joetest", "--yes")
    assert ("applied", plan["plan_id"]) == (applied["state"], applied["plan_id"])


def test_list_names_every_procedure(runbook: Terminal) -> None:
    """The list has one line per procedure, below its group, and in JSON its name, group, summary and page."""
    lines = runbook("list").splitlines()
    assert list(GROUPS) == [line.removesuffix(":") for line in lines if not line.startswith("  ")]
    assert sorted(procedures.names()) == sorted(line.split()[0] for line in lines if line.startswith("  "))
    keys = {"procedure", "group", "summary", "page", "needs", "optional"}
    assert [keys] * len(procedures.names()) == [set(procedure) for procedure in runbook.json("list")]


def test_show_lists_every_parameter(runbook: Terminal) -> None:
    """Type, default, where to find it, and the command with the example in it."""
    text = runbook("show", "grant_staff")

    assert "username  (text, required)" in text
    assert "Where to find it: Admin > Manage Users." in text
    assert text.endswith("runbook plan grant_staff -p username=joetest\n")
    body = runbook.json("show", "grant_staff")
    assert ["username", "site", "superuser", "password"] == [field["name"] for field in body["params"]]


def test_plan_changes_nothing_and_saves_what_it_shows(runbook: Terminal, home: Path) -> None:
    """The plan's text says so and names the command for exactly this plan; the file is there."""
    first = runbook("plan", *GRANT)
    body = runbook.json("plan", *GRANT)

    assert "Nothing was changed. To apply this plan: runbook apply --plan " in first
    assert first.startswith("Practice mode: sample data only. No real system is configured.\n")
    assert {"procedure", "params", "plan_id", "because", "changes"} <= body.keys()
    assert body["plan_id"] in first
    assert (home / "plans" / f"{body['plan_id']}.json").exists()
    assert [] == Journal(Settings(home=home).journal_folder).runs()


def test_apply_history_and_undo(runbook: Terminal, home: Path) -> None:
    """Apply, list and undo a run, with the commands that each step prints."""
    applied = runbook("apply", *GRANT, *WHY, "--yes")
    command = re.search(r"To undo: runbook (undo \S+) --reason", applied)
    assert command is not None
    assert "Applied and verified." in applied

    history = runbook("history")
    assert "reason: ticket 12: new colleague" in history
    assert "~ is_staff      false → true" in history

    undone = runbook(*command[1].split(), "--reason", "was a test", "--yes")
    assert "Applied and verified." in undone
    assert ["applied", "applied"] == [run["state"] for run in runbook.json("history")]
    assert [] == runbook.json("history", "--check")["problems"]


def test_every_outcome_prints_the_journal_head(runbook: Terminal) -> None:
    """Text and JSON name the last record; a later check finds it, and reports a head that the journal does not have."""
    head = re.search(r"^Journal head: (\d+:\S+)$", runbook("apply", *GRANT, *WHY, "--yes"), re.MULTILINE)
    assert head is not None
    assert head[1] == runbook.json("history", "--check")["journal_head"]
    assert f"Journal head: {head[1]}" in runbook("history", "--check")

    undone = runbook.json("undo", "last", *WHY, "--yes")["journal_head"]
    assert undone != head[1]
    for kept in (head[1], undone):
        assert [] == runbook.json("history", "--check", "--head", kept)["problems"]
    other = f"{head[1].partition(':')[0]}:{'0' * 64}"
    assert (
        "is not the one that the head names" in runbook.json("history", "--check", "--head", other, exit_code=3)["what"]
    )
    runbook("history", "--head", undone, exit_code=2)
    runbook("history", "--check", "--head", "4", exit_code=2)


def test_failed_apply_prints_the_journal_head(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outcome is journaled too."""
    monkeypatch.setattr(Execution, "compare_targets", refuse)
    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=7)

    assert runbook.json("history", "--check")["journal_head"] == error["journal_head"]
    runbook("apply", *GRANT, *WHY, "--yes", exit_code=7)
    shown = runbook.err
    assert f"Journal head: {runbook.json('history', '--check')['journal_head']}" in shown


def refuse(_: Execution) -> None:
    """Stop an apply whose intent is journaled."""
    raise NotConnected(kind="unreachable", system="x", address="y", reason="z")


def test_json_of_an_apply_is_the_plan_with_the_outcome(runbook: Terminal) -> None:
    """Programs find run, state and whether it was verified; the plan for people goes to stderr."""
    plan = runbook.json("plan", *GRANT)
    body = runbook.json("apply", *GRANT, *WHY, "--yes")

    assert plan.items() <= body.items()
    assert ("applied", True) == (body["state"], body["verified"])
    assert body["run_id"]
    assert "Plan " in runbook.err


def test_empty_plan_exits_with_0(runbook: Terminal) -> None:
    """An empty plan gives a reason, and needs no confirmation."""
    runbook("apply", *GRANT, *WHY, "--yes")

    assert "Nothing to do: joetest is already staff and superuser on Atmosphere." in runbook("plan", *GRANT)
    assert "nothing-to-do" == runbook.json("apply", *GRANT, *WHY)["state"]


def test_saved_plan_is_applied_exactly(runbook: Terminal) -> None:
    """``--plan ID`` applies what was shown, without its parameters."""
    plan = runbook.json("plan", *GRANT)

    body = runbook.json("apply", "--plan", plan["plan_id"], *WHY, "--yes")
    assert (plan["plan_id"], plan["changes"]) == (body["plan_id"], body["changes"])


def test_stale_saved_plan_changes_nothing(runbook: Terminal, home: Path) -> None:
    """Exit code 4 names row, column, planned and present value."""
    plan = runbook.json("plan", *GRANT)
    change(home, "UPDATE atmosphere_user SET is_staff = true WHERE username = 'joetest'")

    error = runbook.json("apply", "--plan", plan["plan_id"], *WHY, "--yes", exit_code=4)
    assert ("stale-plan", False) == (error["error"], error["changed"])
    assert re.search(r"atmosphere_user:\d+: is_staff was False when the plan was made and is True now", error["what"])
    assert "not-applied" == runbook.json("history")[-1]["state"]


def test_plan_of_another_target_is_refused(runbook: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that was made for practice is never applied to a real database."""
    plan = runbook.json("plan", *GRANT)
    urls = build.copy_to(home.parent / "real")
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", urls["atmosphere"])

    error = runbook.json("apply", "--plan", plan["plan_id"], *WHY, "--yes", exit_code=3)
    assert "refused" == error["error"]
    assert "practice = sample data" in error["what"]


def test_last_run_is_shown_verified_and_undone(runbook: Terminal, home: Path) -> None:
    """``last`` is the operator's last run that is not undone; history is newest first and marks undone runs."""
    runbook("apply", *GRANT, *WHY, "--yes")
    first = runbook.json("history")[0]["run_id"]
    runbook("apply", "publicize_image", "application_id=1201", *WHY, "--yes")
    last = runbook.json("history")[1]["run_id"]

    assert [last] == [run["run_id"] for run in runbook.json("history", "last")]
    assert runbook.json("verify", "last")["verified"]
    lines = runbook("verify", "last").splitlines()
    assert lines[0].startswith("Practice mode: ")
    assert lines[-1].startswith("Practice mode: ")
    runbook("undo", "last", *WHY, "--yes")

    [undone] = runbook.json("history", last)
    assert runbook.json("history")[2]["run_id"] == undone["undone_by"]
    assert f"Undone by run {undone['undone_by']}." in runbook("history", last)
    text = runbook("history")
    assert text.index(undone["undone_by"]) < text.index(f"\n{last}") < text.index(f"\n{first}")
    assert [first] == [run["run_id"] for run in runbook.json("history", "last")]
    change(home, "UPDATE atmosphere_user SET is_staff = 0 WHERE username = 'joetest'")
    error = runbook.json("verify", first, exit_code=6)
    assert "atmosphere_user" in error["what"]
    assert "what did is unknown" in error["why"]
    runbook("undo", "last", *WHY, "--yes", exit_code=4)
    runbook("verify", "x", exit_code=3)


def test_without_a_run_there_is_no_last_one(runbook: Terminal) -> None:
    """Also when only a colleague has runs."""
    for arguments in (["history", "last"], ["verify", "last"], ["undo", "last", *WHY, "--yes"]):
        assert "target-not-found" == runbook.json(*arguments, exit_code=3)["error"]
