"""The command line: the words, the exit codes, what goes to stdout and what to stderr, and the JSON of everything."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import cli, registry
from runbook_lib.db import connection
from runbook_lib.fixture import build, glance_store, practice
from runbook_lib.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Bench

GRANT = ("grant_staff", "-p", "username=joetest", "-p", "site=atmosphere")
WHY = ("--reason", "ticket 12: new colleague")
SECRET = "correct horse battery"


class Terminal:
    """Runs commands in this process and keeps what they print."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.err = ""

    def __call__(self, *words: str, exit_code: int = 0) -> str:
        """Run a command, check its exit code, return its stdout."""
        self._capture.readouterr()
        code = cli.main(words)
        out, self.err = self._capture.readouterr()
        assert exit_code == code, out + self.err
        return out

    def json(self, *words: str, exit_code: int = 0) -> Any:
        """Run a command with ``--json``; its stdout is one document."""
        return json.loads(self(*words, "--json", exit_code=exit_code))


@pytest.fixture
def runbook(capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Return the command line, on a private copy of the fixture that is made at the first use."""
    return Terminal(capsys)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the RUNBOOK_HOME that the test's commands use."""
    return tmp_path / "home"


def change(home: Path, sql: str) -> None:
    """Change the practice copy as another program would."""
    connection.connect(build.urls(practice.prepare(home)), application_name="test")
    with connection.of_its_own("atmosphere") as other, other.cursor() as cursor:
        cursor.execute(sql)


def test_list_names_every_procedure(runbook: Terminal) -> None:
    """The list has a line a procedure, and in JSON its name, summary and page."""
    assert len(registry.names()) == len(runbook("list").splitlines())
    assert [{"procedure", "summary", "page"}] * len(registry.names()) == [set(p) for p in runbook.json("list")]


def test_show_tells_every_parameter(runbook: Terminal) -> None:
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

    assert "Nothing was changed. Apply exactly this with: runbook apply --plan " in first
    assert "Practice run on the built-in fixture" in first
    assert {"procedure", "params", "plan_id", "because", "changes"} <= body.keys()
    assert body["plan_id"] in first
    assert (home / "plans" / f"{body['plan_id']}.json").exists()
    assert [] == Journal(home).runs()


def test_apply_history_and_undo(runbook: Terminal, home: Path) -> None:
    """The whole way there and back, with the commands that each step prints."""
    applied = runbook("apply", *GRANT, *WHY, "--yes")
    command = re.search(r"Take it back with: runbook (undo \S+) --reason", applied)
    assert command is not None
    assert "Applied, and read back as planned." in applied

    history = runbook("history")
    assert "reason: ticket 12: new colleague" in history
    assert "is_staff: false → true" in history

    undone = runbook(*command[1].split(), "--reason", "was a test", "--yes")
    assert "Applied, and read back as planned." in undone
    assert ["applied", "applied"] == [run["state"] for run in runbook.json("history")]
    assert {"problems": []} == runbook.json("history", "--check")


def test_the_json_of_an_apply_is_the_plan_with_the_outcome(runbook: Terminal) -> None:
    """Programs find run, state and whether it was verified; the plan for people goes to stderr."""
    plan = runbook.json("plan", *GRANT)
    body = runbook.json("apply", *GRANT, *WHY, "--yes")

    assert plan.items() <= body.items()
    assert ("applied", True) == (body["state"], body["verified"])
    assert body["run_id"]
    assert "Plan " in runbook.err


def test_nothing_to_do_is_done(runbook: Terminal) -> None:
    """An empty plan says why, is exit code 0, and needs no answer."""
    runbook("apply", *GRANT, *WHY, "--yes")

    assert "Nothing to do: joetest is staff and superuser on atmosphere already" in runbook("plan", *GRANT).replace(
        "Atmosphere", "atmosphere"
    )
    assert "nothing-to-do" == runbook.json("apply", *GRANT, *WHY)["state"]


def test_a_saved_plan_is_applied_exactly(runbook: Terminal) -> None:
    """``--plan ID`` applies what was shown, without its parameters."""
    plan = runbook.json("plan", *GRANT)

    body = runbook.json("apply", "--plan", plan["plan_id"], *WHY, "--yes")
    assert (plan["plan_id"], plan["changes"]) == (body["plan_id"], body["changes"])


def test_a_saved_plan_that_is_stale_changes_nothing(runbook: Terminal, home: Path) -> None:
    """Exit code 4 names row, column, planned and present value."""
    plan = runbook.json("plan", *GRANT)
    change(home, "UPDATE atmosphere_user SET is_staff = true WHERE username = 'joetest'")

    error = runbook.json("apply", "--plan", plan["plan_id"], *WHY, "--yes", exit_code=4)
    assert ("stale-plan", False) == (error["error"], error["changed"])
    assert re.search(r"atmosphere_user:\d+: is_staff was False when the plan was made and is True now", error["what"])
    assert "not-applied" == runbook.json("history")[-1]["state"]


def test_a_plan_of_another_target_is_refused(runbook: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan that was made for practice is never applied to a real database."""
    plan = runbook.json("plan", *GRANT)
    urls = build.copy_to(home.parent / "real")
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", urls["atmosphere"])

    error = runbook.json("apply", "--plan", plan["plan_id"], *WHY, "--yes", exit_code=3)
    assert "refused" == error["error"]
    assert "fixture" in error["what"]


@pytest.mark.parametrize(
    ("words", "exit_code", "kind"),
    [
        (["plan", "grant_stuff"], 2, "param-error"),
        (["plan", "grant_staff"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "user=joetest"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "username"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "username=a", "-p", "username=b"], 2, "param-error"),
        (["plan", "grant_staff", "-p", "username=joetest", "-p", "site=there"], 2, "param-error"),
        (["frobnicate"], 2, "param-error"),
        (["apply", *GRANT], 2, "param-error"),
        (["apply", *GRANT, "--reason", "  ", "--yes"], 2, "param-error"),
        (["apply", *GRANT, "--reason", "\x1b[2J", "--yes"], 2, "param-error"),
        (["apply", *GRANT, *WHY], 2, "param-error"),
        (["apply", *WHY, "--yes"], 2, "param-error"),
        (["apply", *GRANT, "--plan", "0" * 12, *WHY, "--yes"], 2, "param-error"),
        (["apply", "--plan", "0" * 12, "-p", "site=both", *WHY, "--yes"], 2, "param-error"),
        (["apply", "--plan", "0" * 12, *WHY, "--yes"], 3, "target-not-found"),
        (["plan", "grant_staff", "-p", "username=joetset"], 3, "target-not-found"),
        (["plan", "grant_staff", "-p", "username=dupprefs"], 3, "refused"),
        (["undo", "R1", *WHY, "--yes"], 3, "target-not-found"),
        (["show", "nothing"], 2, "param-error"),
        (["notebook", "nothing"], 2, "param-error"),
    ],
)
def test_every_error_is_one_document_and_an_exit_code(
    runbook: Terminal, words: list[str], exit_code: int, kind: str
) -> None:
    """With ``--json`` the error is on stdout, without it on stderr, and the exit code is the same."""
    error = runbook.json(*words, exit_code=exit_code)
    assert ["error", "what", "why", "next_step", "changed"] == list(error)
    assert (kind, False) == (error["error"], error["changed"])
    assert error["next_step"]

    runbook(*words, exit_code=exit_code)
    assert error["what"] in runbook.err
    assert "Nothing was changed" in runbook.err
    assert "\x1b" not in runbook.err


def test_a_refusal_says_nothing_on_stdout(runbook: Terminal) -> None:
    """A script that reads stdout reads no half answer."""
    assert "" == runbook("plan", "grant_staff", exit_code=2)


def test_a_cut_off_undo_is_exit_code_3(runbook: Terminal) -> None:
    """A run that changed nothing can't be undone."""
    runbook("apply", *GRANT, *WHY, "--yes")
    run_id = runbook.json("apply", *GRANT, *WHY)["run_id"]

    assert "cannot-undo" == runbook.json("undo", run_id, *WHY, "--yes", exit_code=3)["error"]


def test_a_database_that_is_not_there_is_exit_code_7(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was changed, and the address is named without the password."""
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", f"postgresql://atmo:{SECRET.replace(' ', '-')}@127.0.0.1:9/atmo")

    error = runbook.json("plan", *GRANT, exit_code=7)
    assert ("not-connected", False) == (error["error"], error["changed"])
    assert "127.0.0.1:9" in error["what"]
    assert "correct-horse" not in json.dumps(error)


def test_a_database_of_another_release_is_exit_code_3(runbook: Terminal, home: Path) -> None:
    """The missing column is named."""
    practice.prepare(home)
    change(home, "ALTER TABLE atmosphere_user RENAME COLUMN is_staff TO was_staff")

    error = runbook.json("plan", *GRANT, exit_code=3)
    assert "schema-drift" == error["error"]
    assert "atmosphere_user.is_staff" in error["what"]


def test_a_partly_applied_run_is_exit_code_5(runbook: Terminal, home: Path) -> None:
    """When the second provider fails, the error says what was done, and both ways on work."""
    folder = practice.prepare(home)
    publish = ("apply", "publicize_image", "-p", "application_id=1144", *WHY, "--yes")
    glance_store.fail(practice.glance_state(folder), 5, 503, methods=("PATCH",))

    error = runbook.json(*publish, exit_code=5)
    assert ("partly-applied", True) == (error["error"], error["changed"])
    run = runbook.json("history")[-1]
    assert ("partly-applied", run["run_id"]) == (run["state"], error["what"].split()[1])
    assert f"runbook undo {run['run_id']}" in error["next_step"]

    glance_store.fail(practice.glance_state(folder), 5, None)
    assert "applied" == runbook.json("undo", run["run_id"], *WHY, "--yes")["state"]
    assert "applied" == runbook.json(*publish)["state"]


def test_what_does_not_hold_is_exit_code_6(runbook: Terminal, home: Path) -> None:
    """A database that does not keep the change is found when it is read back."""
    change(
        home,
        "CREATE TRIGGER stubborn AFTER UPDATE OF is_staff ON atmosphere_user WHEN new.is_staff BEGIN "
        "UPDATE atmosphere_user SET is_staff = false WHERE id = new.id; END",
    )

    error = runbook.json("apply", *GRANT, *WHY, "--yes", exit_code=6)
    assert ("verify-failed", True) == (error["error"], error["changed"])
    assert "is_staff: false → true" in error["what"]
    assert "verify-failed" == runbook.json("history")[-1]["state"]


def test_a_wrong_environment_is_bad_usage(runbook: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed variable is told by every command that needs it, without its value."""
    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", f"mysql://atmo:{SECRET}@db/atmo")

    error = runbook.json("history", exit_code=2)
    assert "RUNBOOK_ATMOSPHERE_DB" in error["what"]
    assert SECRET not in json.dumps(error)


def test_a_home_that_can_not_be_written_is_refused(
    runbook: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that needs the home says so in words."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RUNBOOK_HOME", str(tmp_path / "file" / "home"))

    for words in (["plan", *GRANT], ["apply", *GRANT, *WHY, "--yes"], ["doctor"]):
        error = runbook.json(*words, exit_code=3)
        assert "refused" == error["error"]
        assert "RUNBOOK_HOME" in error["next_step"]


def test_history_of_one_row(runbook: Terminal) -> None:
    """``--object`` shows only runs that touched that row."""
    body = runbook.json("apply", *GRANT, *WHY, "--yes")
    pk = body["changes"][0]["pk"]["id"]

    assert [body["run_id"]] == [run["run_id"] for run in runbook.json("history", "--object", f"atmosphere_user:{pk}")]
    assert [] == runbook.json("history", "--object", "atmosphere_user:1")
    assert "No runs.\n" == runbook("history", "--object", "atmosphere_user:1")


def test_a_damaged_journal_is_found(runbook: Terminal, home: Path) -> None:
    """``--check`` is exit code 3, and its JSON is one document that holds every problem."""
    runbook("apply", *GRANT, *WHY, "--yes")
    assert "The journal is whole.\n" == runbook("history", "--check")
    path = home / "journal.jsonl"
    path.write_text(path.read_text().replace("ticket 12", "ticket 13"))

    error = runbook.json("history", "--check", exit_code=3)
    assert ["record 1 was altered after it was written"] == error["problems"]
    assert "record 1 was altered" in runbook("history", "--check", exit_code=3)


def test_a_cut_off_run_is_settled(runbook: Terminal, home: Path) -> None:
    """``--settle`` finds out what became of a run without an outcome, and writes it down."""
    runbook("apply", *GRANT, *WHY, "--yes")
    path = home / "journal.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
    assert "Cut off" in runbook("history")

    assert ["applied"] == [outcome["state"] for outcome in runbook.json("history", "--settle")]
    assert "No run was cut off.\n" == runbook("history", "--settle")


def test_doctor_names_every_system(runbook: Terminal) -> None:
    """On the fixture all is well, and in JSON every finding has the same keys."""
    findings = runbook.json("doctor")

    assert {"RUNBOOK_HOME", "atmosphere", "troposphere"} <= {finding["system"] for finding in findings}
    assert {"ok"} == {finding["state"] for finding in findings}


def test_doctor_answers_with_one_document_when_something_is_wrong(runbook: Terminal, home: Path) -> None:
    """The error's JSON holds the findings."""
    practice.prepare(home)
    change(home, "ALTER TABLE atmosphere_user RENAME COLUMN is_staff TO was_staff")

    error = runbook.json("doctor", exit_code=3)
    assert "there are problems with atmosphere" == error["what"]
    states = {finding["system"]: finding["state"] for finding in error["findings"]}
    assert ("problem", "ok") == (states["atmosphere"], states["troposphere"])
    assert "problem" in runbook("doctor", exit_code=3)


def test_notebook_writes_a_notebook(runbook: Terminal, tmp_path: Path) -> None:
    """The file goes where it is asked to, blanks included, and the command that runs it is quoted."""
    target = tmp_path / "a folder.ipynb"
    text = runbook("notebook", "grant_staff", "-o", str(target))

    assert f"papermill '{target}'" in text
    assert "nbformat" in json.loads(target.read_text())


def test_a_password_is_in_no_output(runbook: Terminal, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the secret nor a hash of it is on stdout, on stderr, in the journal or in a saved plan."""
    monkeypatch.setenv("NEW_PASSWORD", SECRET)
    commands = (
        ["plan", *GRANT, "-p", "password=env:NEW_PASSWORD"],
        ["plan", *GRANT, "-p", "password=env:NEW_PASSWORD", "--json"],
        ["apply", *GRANT, "-p", "password=env:NEW_PASSWORD", *WHY, "--yes"],
        ["history"],
        ["history", "--json"],
    )
    told = [runbook(*words) + runbook.err for words in commands]
    kept = [path.read_text() for path in [home / "journal.jsonl", *(home / "plans").iterdir()]]

    assert all("env:NEW_PASSWORD" in text for text in [*told, *kept])
    assert not any(SECRET in text or "pbkdf2" in text for text in [*told, *kept])


@pytest.mark.parametrize(
    "words",
    [
        ["plan", *GRANT, "-p", f"password={SECRET}"],
        ["plan", *GRANT, "-p", f"pasword={SECRET}"],
        ["plan", *GRANT, "-p", SECRET],
        ["plan", *GRANT, f"password={SECRET}"],
        ["plan", *GRANT, f"--password={SECRET}"],
        ["apply", *GRANT, "--password", SECRET, *WHY, "--yes"],
        ["apply", *GRANT, f"--pass={SECRET}", *WHY],
    ],
)
def test_a_password_in_clear_is_refused_and_not_repeated(runbook: Terminal, words: list[str]) -> None:
    """Wherever on the line it was typed, the answer does not hold it."""
    assert SECRET not in json.dumps(runbook.json(*words, exit_code=2))
    runbook(*words, exit_code=2)
    assert SECRET not in runbook.err


def _answer(words: list[str], answer: str, env: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Run a command on a terminal, type the answer to its question; return exit code and everything shown."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "runbook_lib", *words]
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


@pytest.mark.parametrize(("answer", "exit_code"), [("yes", 0), ("no", 2), ("", 2), ("y", 2)])
def test_a_terminal_is_asked(tmp_path: Path, home: Path, answer: str, exit_code: int) -> None:
    """The plan is shown before the question; only ``yes`` applies it; a folder with a blank is no obstacle."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    code, shown = _answer(["apply", *GRANT, *WHY], answer, dict(os.environ), folder)

    assert exit_code == code
    assert 0 < shown.index("is_staff: false") < shown.index("Apply this? Type yes: ")
    assert ([] if exit_code else ["applied"]) == [run.state for run in Journal(home).runs()]


def test_with_json_a_terminal_sees_the_plan_before_it_is_asked(tmp_path: Path) -> None:
    """A question about something that was not shown would be no question."""
    _, shown = _answer(["apply", *GRANT, *WHY, "--json"], "no", dict(os.environ), tmp_path)

    assert 0 < shown.index("is_staff: false") < shown.index("Apply this? Type yes: ")


def test_the_console_script_works_from_anywhere(tmp_path: Path, home: Path) -> None:
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


def test_help_tells_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """``--help`` exits with 0 and lists the commands."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])

    assert 0 == caught.value.code
    text = capsys.readouterr().out
    commands = ["list", "show", "plan", "apply", "undo", "history", "doctor", "verify", "notebook", "pages"]
    assert commands == re.findall(r"^    (\w+) ", text, re.MULTILINE)


def test_on_both_databases_there_and_back(bench: Bench, runbook: Terminal) -> None:
    """Plan, apply and undo work the same on SQLite and on PostgreSQL."""
    assert bench.home.exists()
    body = runbook.json("apply", "grant_staff", "-p", "username=joetest", *WHY, "--yes")
    assert "applied" == body["state"]
    assert "applied" == runbook.json("undo", body["run_id"], *WHY, "--yes")["state"]
