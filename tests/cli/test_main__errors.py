"""Errors of the command line: one document, one exit code, no partial output."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config.settings import Settings
from runbook_lib.fixture import practice
from runbook_lib.fixture.folder import glance_state
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.systems.db.access.rows import Rows

if TYPE_CHECKING:
    from pathlib import Path

from tests.cli.test_main import GRANT, SECRET, WHY, Terminal, change


@pytest.mark.parametrize(
    ("arguments", "exit_code", "kind"),
    [
        (["plan", "grant_stuff"], 2, "param-error"),
        (["plan", "grant_staff"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "user=joetest"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "username"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "username=a", "-p", "username=b"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "username=joetest", "-p", "site=there"], 2, "param-error"),
        (["plan", "username=joetest"], 2, "param-error"),
        (["plan", "grant_staff", "username=a", "-p", "username=b"], 2, "param-error"),
        (["list", "username=a"], 2, "param-error"),
        (["frobnicate"], 2, "param-error"),
        (["--frobnicate"], 2, "param-error"),
        (["apply", *GRANT], 2, "param-error"),
        (["apply", *GRANT, "--reason", "  ", "--yes"], 2, "param-error"),
        (["apply", *GRANT, "--reason", "\x1b[2J", "--yes"], 2, "param-error"),
        (["apply", *GRANT, *WHY], 2, "param-error"),
        (["apply", *WHY, "--yes"], 2, "param-error"),
        (["apply", *GRANT, "--plan", "0" * 12, *WHY, "--yes"], 2, "param-error"),
        (["apply", "--plan", "0" * 12, "-p", "site=both", *WHY, "--yes"], 2, "param-error"),
        (["apply", "--plan", "0" * 12, "site=both", *WHY, "--yes"], 2, "param-error"),
        (["apply", "--plan", "0" * 12, *WHY, "--yes"], 3, "target-not-found"),
        (["plan", "grant_staff", "-p", "username=joetset"], 3, "target-not-found"),
        (["plan", "grant_staff", "-p", "username=dupprefs"], 3, "refused"),
        (["undo", "R1", *WHY, "--yes"], 3, "target-not-found"),
        (["show", "nothing"], 2, "param-error"),
        (["notebook", "nothing"], 2, "param-error"),
    ],
)
def test_error_is_one_document_and_an_exit_code(
    runbook: Terminal, arguments: list[str], exit_code: int, kind: str
) -> None:
    """With ``--json`` the error is on stdout, without it on stderr, and the exit code is the same."""
    error = runbook.json(*arguments, exit_code=exit_code)
    assert ["error", "what", "why", "next_step", "changed"] == list(error)
    assert (kind, False) == (error["error"], error["changed"])
    assert error["next_step"]

    runbook(*arguments, exit_code=exit_code)
    assert error["what"] in runbook.err
    assert "Nothing was changed" in runbook.err
    assert "\x1b" not in runbook.err


@pytest.mark.parametrize(
    ("arguments", "what", "next_step"),
    [
        (["plan", "grant_staff", "joetest"], "unexpected argument 2; pass parameters as name=value", "plan"),
        (["plan", "grant_staff", "grant_staff"], "unexpected argument 2; pass parameters as name=value", "plan"),
        (["plan", "-p", "site=both", "grant_staff", "a=b", "c"], "unexpected argument 5; pass parameters", "plan"),
        (["inspect", "list_staff", "--sites"], "unexpected argument 2; pass parameters as name=value", "inspect"),
        (["apply", *GRANT, "--force", *WHY], "unexpected argument 6; pass parameters as name=value", "apply"),
        (["undo", "R1", "R2", *WHY], "unexpected argument 2", "undo"),
        (["check-notebooks", "grant_staff", "--force"], "unexpected argument 2", "check-notebooks"),
        (["--force", "list"], "unexpected argument 1", "list"),
        (["--force"], "unexpected argument 1", ""),
    ],
)
def test_unexpected_argument_is_named_by_its_position(
    runbook: Terminal, arguments: list[str], what: str, next_step: str
) -> None:
    """The command's help follows; the argument's text is not repeated."""
    error = runbook.json(*arguments, exit_code=2)

    assert error["what"].startswith(what)
    assert " ".join(["runbook", *next_step.split(), "--help"]) == error["next_step"]
    assert "force" not in json.dumps(error)


def test_refusal_leaves_stdout_empty(runbook: Terminal) -> None:
    """A script that reads stdout gets no partial output."""
    assert "" == runbook("plan", "grant_staff", exit_code=2)


def test_undo_of_an_unchanged_run_is_exit_code_3(runbook: Terminal) -> None:
    """A run that changed nothing can't be undone."""
    runbook("apply", *GRANT, *WHY, "--yes")
    run_id = runbook.json("apply", *GRANT, *WHY)["run_id"]

    assert "cannot-undo" == runbook.json("undo", run_id, *WHY, "--yes", exit_code=3)["error"]


def test_unreachable_database_is_exit_code_7(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was changed, and the address is named without the password."""
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", f"postgresql://atmo:{SECRET.replace(' ', '-')}@127.0.0.1:9/atmo")

    error = runbook.json("plan", *GRANT, exit_code=7)
    assert ("not-connected", False) == (error["error"], error["changed"])
    assert "127.0.0.1:9" in error["what"]
    assert "correct-horse" not in json.dumps(error)


def test_database_of_another_release_is_exit_code_3(runbook: Terminal, home: Path) -> None:
    """The missing column is named."""
    practice.prepare(home)
    change(home, "ALTER TABLE atmosphere_user RENAME COLUMN is_staff TO was_staff")

    error = runbook.json("plan", *GRANT, exit_code=3)
    assert "schema-drift" == error["error"]
    assert "atmosphere_user.is_staff" in error["what"]


def test_partly_applied_run_is_exit_code_5(runbook: Terminal, home: Path) -> None:
    """When the second provider fails, the error lists the changes made, and both next steps work."""
    folder = practice.prepare(home)
    publish = ("apply", "publicize_image", "-p", "application_id=1144", *WHY, "--yes")
    glance_store.fail(glance_state(folder), 5, 403, methods=("PATCH",))

    error = runbook.json(*publish, exit_code=5)
    assert ("partly-applied", True) == (error["error"], error["changed"])
    run = runbook.json("history")[-1]
    assert ("partly-applied", run["run_id"]) == (run["state"], error["what"].split()[1])
    assert f"runbook undo {run['run_id']}" in error["next_step"]

    glance_store.fail(glance_state(folder), 5, None)
    assert "applied" == runbook.json("undo", run["run_id"], *WHY, "--yes")["state"]
    assert "applied" == runbook.json(*publish)["state"]


def test_partly_applied_run_with_an_unknown_step_is_resolved_first(runbook: Terminal, home: Path) -> None:
    """A server error does not prove that the second call did nothing: settling names it, then undo works."""
    folder = practice.prepare(home)
    glance_store.fail(glance_state(folder), 5, 503, methods=("PATCH",))

    error = runbook.json("apply", "publicize_image", "-p", "application_id=1144", *WHY, "--yes", exit_code=8)

    assert True is error["changed"]
    assert "runbook history --settle" in error["next_step"]
    run = runbook.json("history")[-1]
    assert "unknown" == run["state"]
    printed = runbook("history", "--settle", exit_code=8)
    assert f"Run {run['run_id']}: Applied only in part." in printed
    assert f"Run {run['run_id']}: unknown: check by hand: call   glance:5" in printed
    assert "applied" == runbook.json("undo", run["run_id"], *WHY, "--yes")["state"]
    [outcome] = runbook.json("history", run["run_id"], "--settle", "--found", "not-done", *WHY)
    assert ("partly-applied", run["run_id"]) == (outcome["state"], outcome["run_id"])


def test_failed_verification_is_exit_code_6(runbook: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another writer changes the row between the commit and its verification."""
    reconnect = Rows.reconnect

    def reconnect_late(rows: Rows) -> None:
        with sqlite3.connect(practice.prepare(home) / "atmosphere.sqlite3") as other:
            other.execute("UPDATE atmosphere_user SET is_staff = 0 WHERE username = 'joetest'")
        reconnect(rows)

    monkeypatch.setattr(Rows, "reconnect", reconnect_late)

    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=6)
    assert ("verify-failed", True) == (error["error"], error["changed"])
    assert "is_staff: false → true" in error["what"]
    assert "verify-failed" == runbook.json("history")[-1]["state"]


def test_malformed_environment_is_bad_usage(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that needs a malformed variable reports it, without its value."""
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", f"mysql://atmo:{SECRET}@db/atmo")

    error = runbook.json("history", exit_code=2)
    assert "RUNBOOK_ATMOSPHERE_DB" in error["what"]
    assert SECRET not in json.dumps(error)


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "grant_staff"], ["triage", "OOM"], ["plan", *GRANT], ["history"], ["doctor"]]
)
def test_unknown_variable_is_refused_by_every_command(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """A command with a misspelled setting would run without it."""
    monkeypatch.setenv("RUNBOOK_CLOUD", SECRET)

    error = runbook.json(*arguments, exit_code=2)
    assert "RUNBOOK_CLOUD is not a setting: did you mean RUNBOOK_CLOUDS?" == error["what"]
    assert "RUNBOOK_ATMOSPHERE_DB" in error["next_step"]
    assert SECRET not in json.dumps(error)


def test_help_and_version_ignore_the_environment(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator with a misspelled setting can still read the help."""
    monkeypatch.setenv("RUNBOOK_CLOUD", "4=iu")

    assert "usage: runbook" in runbook()
    assert "runbook " in runbook("--version")
    with pytest.raises(SystemExit) as caught:
        runbook("list", "--help")
    assert 0 == caught.value.code


def test_unwritable_home_is_refused(runbook: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command that needs the home reports it in a sentence."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path / "file" / "home"))

    for arguments in (["plan", *GRANT], ["apply", *GRANT, *WHY, "--yes"], ["doctor"]):
        error = runbook.json(*arguments, exit_code=3)
        assert "refused" == error["error"]
        assert "RUNBOOK_HOME" in error["next_step"]


def test_history_of_a_row_lists_its_runs_only(runbook: Terminal) -> None:
    """``--object`` shows only runs that touched that row."""
    body = runbook.json("apply", *GRANT, *WHY, "--yes")
    pk = body["changes"][0]["pk"]["id"]

    assert [body["run_id"]] == [run["run_id"] for run in runbook.json("history", "--object", f"atmosphere_user:{pk}")]
    assert [] == runbook.json("history", "--object", "atmosphere_user:1")
    assert "No runs.\n" == runbook("history", "--object", "atmosphere_user:1")


def test_damaged_journal_is_reported(runbook: Terminal, home: Path) -> None:
    """``--check`` is exit code 3, and its JSON is one document with every problem."""
    runbook("apply", *GRANT, *WHY, "--yes")
    *lines, head = runbook("history", "--check").splitlines()
    assert [
        "3 records: nothing is wrong in the chain of digests.",
        "cannot prove who wrote a record: no list of allowed signers is configured",
    ] == lines
    assert head.startswith("Journal head: 3:")
    path = Settings(home=home).journal_folder / "journal.jsonl"
    path.write_text(path.read_text().replace("ticket 12", "ticket 13"))

    error = runbook.json("history", "--check", exit_code=3)
    assert ["record 1 was altered after it was written"] == error["problems"]
    assert "record 1 was altered" in runbook("history", "--check", exit_code=3)


def test_interrupted_run_is_settled(runbook: Terminal, home: Path) -> None:
    """``--settle`` finds the outcome of an interrupted run, and records it."""
    runbook("apply", *GRANT, *WHY, "--yes")
    path = Settings(home=home).journal_folder / "journal.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert "Interrupted. It is unknown whether anything was changed" in runbook("history")

    assert ["applied"] == [outcome["state"] for outcome in runbook.json("history", "--settle")]
    assert "No run is unresolved.\n" == runbook("history", "--settle")


def test_doctor_names_every_system(runbook: Terminal) -> None:
    """On the fixture no system has a problem, and in JSON every finding has the same keys."""
    findings = runbook.json("doctor")

    assert {"RUNBOOK_HOME", "atmosphere", "troposphere"} <= {finding["system"] for finding in findings}
    assert [] == [finding["system"] for finding in findings if finding["state"] != "ok"]


def test_doctor_reports_problems_in_one_document(runbook: Terminal, home: Path) -> None:
    """The error's JSON holds the findings."""
    practice.prepare(home)
    change(home, "ALTER TABLE atmosphere_user RENAME COLUMN is_staff TO was_staff")

    error = runbook.json("doctor", exit_code=3)
    assert error["what"].startswith("there are problems with atmosphere")
    states = {finding["system"]: finding["state"] for finding in error["findings"]}
    assert ("wrong", "ok") == (states["atmosphere"], states["troposphere"])
    assert "wrong" in runbook("doctor", exit_code=3)


def test_notebook_writes_a_notebook(runbook: Terminal, tmp_path: Path) -> None:
    """The file gets the requested path, blanks included, and the command that runs it is quoted."""
    target = tmp_path / "a folder.ipynb"
    text = runbook("notebook", "grant_staff", "-o", str(target))

    assert f"papermill '{target}'" in text
    assert "nbformat" in json.loads(target.read_text())


@pytest.mark.parametrize(
    ("arguments", "exit_code", "what"),
    [
        (("notebook", "grant_staff", "-o", "/"), 3, "the notebook / can't be written"),
        (("apply", *GRANT, "--yes", "--reason", "x" * 1001), 2, "the reason is longer than 1000 characters"),
    ],
)
def test_unusable_file_or_text_is_an_error(
    runbook: Terminal, arguments: tuple[str, ...], exit_code: int, what: str
) -> None:
    """The limit of a reason is that of a notebook."""
    error = runbook.json(*arguments, exit_code=exit_code)

    assert what in error["what"]
    assert error["changed"] is False


def test_unclosed_quotation_mark_in_a_setting_is_exit_code_2(
    runbook: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command reads the settings."""
    monkeypatch.setenv("RUNBOOK_HOST_EXEC", "ssh 'atmo-prod")

    error = runbook.json("doctor", exit_code=2)

    assert "RUNBOOK_HOST_EXEC has a quotation mark that is not closed" in error["what"]


@pytest.mark.parametrize(
    ("word", "guess"), [("pln", ": did you mean plan?"), ("hystory", ": did you mean history?"), ("frob", "")]
)
def test_similar_command_is_suggested(runbook: Terminal, word: str, guess: str) -> None:
    """A misspelled command names the one that it resembles."""
    error = runbook.json(word, exit_code=2)

    assert (f"there is no command {word!r}{guess}", "'runbook' lists the commands") == (
        error["what"],
        error["next_step"],
    )
