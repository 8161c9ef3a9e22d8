"""Wrong values on the command line: used literally or refused, never a traceback, and nothing changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import procedures
from runbook_lib.cli import main
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.systems.db.access import connection
from tests import sessions
from tests.awkward import AWKWARD, NOT_NUMBERS
from tests.checks import everything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.params import Field
    from tests.conftest import Bench

NEXT_STEP = "Next: "


# One parameter for each way in which a text reaches a query: equal to, like, case-insensitive, in an order. On
# PostgreSQL, which is stricter than SQLite, these get every value of AWKWARD in every run.
QUERIED = {
    ("change_allocation", "source_name"),
    ("change_quota", "username"),
    ("move_image_version", "image_id"),
    ("reboot_instance", "instance_id"),
    ("repair_replica_image", "version_name"),
}


def _fields(*kinds: str) -> list[Any]:
    """Return every parameter of every procedure with one of these kinds."""
    return [
        pytest.param(procedure.name, field, id=f"{procedure.name}-{field.name}")
        for procedure in procedures.every()
        for field in procedure.fields
        if field.kind in kinds
    ]


# On SQLite, each parameter gets one value in SAMPLE, and the next parameter gets others; 'make soak' tries them all.
SAMPLE = 6


def _texts() -> list[Any]:
    """Return every text parameter with its values and its database: SQLite; for those of QUERIED also PostgreSQL."""
    labels = tuple(AWKWARD)
    on_sqlite = [
        pytest.param(*param.values, given, "sqlite", id=f"{param.id}-{how}-sqlite", marks=marks)
        for number, param in enumerate(_fields("text", "choice", "secret"))
        for how, given, marks in (
            ("sample", labels[number % SAMPLE :: SAMPLE], ()),
            ("all", labels, (pytest.mark.soak,)),
        )
    ]
    on_postgresql = [
        pytest.param(procedure, field, labels, "postgresql", id=f"{procedure}-{name}-all-postgresql")
        for procedure, name in sorted(QUERIED)
        for field in [{field.name: field for field in procedures.find(procedure).fields}[name]]
    ]
    return on_sqlite + on_postgresql


def _arguments(name: str, field: Field, value: str) -> list[str]:
    """Return the parameters of a procedure: its examples, and this value for one of them."""
    given = {f.name: f.example for f in procedures.find(name).fields if f.required} | {field.name: value}
    return [argument for key, text in given.items() for argument in ("-p", f"{key}={text}")]


def _verb(name: str) -> str:
    """Return the command that reads everything a procedure reads, and changes nothing."""
    return "inspect" if procedures.find(name).inspects else "plan"


def _dump(bench: Bench) -> dict[str, Any]:
    connection.connect(bench.databases, application_name="test")
    try:
        return everything(bench)
    finally:
        connection.close()


@pytest.mark.parametrize(("name", "field", "labels", "backend"), _texts(), indirect=["backend"])
def test_unusual_text_is_literal_or_refused(
    bench: Bench, capsys: pytest.CaptureFixture[str], name: str, field: Field, labels: Sequence[str]
) -> None:
    """Any text gives exit code 0 with exactly that text in the plan, or 2 or 3 with a next step."""
    before = _dump(bench)
    for label in labels:
        value = AWKWARD[label]
        code = main.main([_verb(name), name, *_arguments(name, field, value), "--json"])
        answer = json.loads(capsys.readouterr().out)
        if code == 0:
            assert value == answer["params"][field.name], label
        else:
            assert code in {2, 3}, (label, answer)
            assert not answer["changed"]
            assert answer["next_step"], label
            assert len(answer["what"]) < 2000, label
        code = main.main([_verb(name), name, *_arguments(name, field, value)])
        shown = capsys.readouterr()
        assert code == 0 or NEXT_STEP in shown.err.splitlines()[-1], label
        assert not set(shown.out + shown.err) & {"\x1b", "\0", "\u202e", "\u2028"}, label
    assert before == _dump(bench)


@pytest.mark.parametrize(("name", "field"), _fields("number"))
def test_value_that_is_not_an_integer_is_refused(capsys: pytest.CaptureFixture[str], name: str, field: Field) -> None:
    """Exit code 2 before anything is read; the error names the parameter."""
    for value in NOT_NUMBERS:
        assert 2 == main.main([_verb(name), name, *_arguments(name, field, value)]), value
        shown = capsys.readouterr().err
        assert f"{field.name} " in shown, value
        assert f"'runbook show {name}'" in shown.splitlines()[-1]


@pytest.mark.parametrize(("name", "field"), _fields("flag"))
def test_value_that_is_not_a_boolean_is_refused(capsys: pytest.CaptureFixture[str], name: str, field: Field) -> None:
    """No other word counts as True or False."""
    for value in ("1", "0", "maybe", "t", "None", "tru e"):
        assert 2 == main.main([_verb(name), name, *_arguments(name, field, value)]), value
        assert f"{field.name} must be True or False" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "field"), _fields("text"))
def test_name_of_three_hundred_characters_is_refused_with_its_length(
    capsys: pytest.CaptureFixture[str], name: str, field: Field
) -> None:
    """The error shows the longest allowed length, but not the value."""
    length = max(300, field.longest + 1)
    assert 2 == main.main([_verb(name), name, *_arguments(name, field, "n" * length)])

    shown = capsys.readouterr().err
    assert f"{field.name} has {length} characters; the column holds {field.longest}" in shown
    assert "nnnn" not in shown


def test_sample_tries_every_value() -> None:
    """In every run, several parameters on SQLite get each value."""
    tried = [label for param in _texts() if not param.marks for label in param.values[2] if "sqlite" in param.values]

    assert [] == [label for label in AWKWARD if tried.count(label) < 3]


@pytest.mark.parametrize("secret", ["hunter2-and-more", "env:", "env:1X", "file:relative", "prompt ", "ENV:NAME"])
def test_invalid_reference_to_a_secret_is_refused_and_never_shown(
    capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    """Neither on the screen nor in JSON."""
    for extra in ([], ["--json"]):
        arguments = ["plan", "grant_staff", "-p", "username=joetest", "-p", f"password={secret}", *extra]
        assert 2 == main.main(arguments)
        shown = capsys.readouterr()
        assert "hunter2" not in shown.out + shown.err
        assert "must be a reference to a secret" in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["grant_staff", "username=nosuchuser"], 3, "there is no user 'nosuchuser' in the atmosphere database"),
        (["revoke_staff", "username=nosuchuser"], 3, "there is no user 'nosuchuser' in the atmosphere database"),
        (["publicize_image", "application_id=999"], 3, "there is no application 999 in the atmosphere database"),
        (["move", "provider_id=6", "version_name=1.2"], 3, "there is no provider 6 in the atmosphere database"),
        (["move", "image_id=unknown", "version_name=1.2"], 3, "there is no image unknown in the atmosphere database"),
        (["move", "application_id=999", "version_name=1.2"], 3, "there is no application 999 in the atmosphere"),
        (["move", "version_name=1.1"], 3, "application 1144 (Genome Workbench) already has a version 1.1"),
        (["grant_staff"], 2, "username is missing"),
        (["grant_staff", "user_name=joetest"], 2, "there is no parameter user_name: did you mean username?"),
        (["grant_staff", "username=joetest", "username=x"], 2, "username is given twice"),
        (["grant_staff", "joetest"], 2, "a parameter does not have the form name=value"),
        (["grant-staff", "username=joetest"], 2, "there is no procedure 'grant-staff': did you mean grant_staff?"),
        (["grant_staff", "username=joetest", "site=everywhere"], 2, "must be both or atmosphere or troposphere"),
    ],
)
def test_unknown_missing_or_taken_value_is_named(
    bench: Bench, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, text: str
) -> None:
    """The same with plan and with apply; the last line is the next step, and nothing is changed."""
    before = _dump(bench)
    name, *pairs = arguments
    if name == "move":
        given = {"provider_id": "4", "image_id": GUIDE_IMAGE, "application_id": "1144"}
        name = "move_image_version"
        pairs = [f"{key}={value}" for key, value in (given | dict(pair.split("=") for pair in pairs)).items()]
    parameters = [word for pair in pairs for word in ("-p", pair)]

    for command in (["plan", name, *parameters], ["apply", name, *parameters, "--reason", "test", "--yes"]):
        assert code == main.main(command)
        shown = capsys.readouterr().err
        assert text in shown
        assert "Nothing was changed" in shown
        assert shown.splitlines()[-1].startswith(NEXT_STEP)
    assert before == _dump(bench)
    assert [] == bench.journal.runs()


@pytest.mark.parametrize(
    "value",
    [
        b"'; DROP TABLE application; --",
        b"$(id)`id`;&&|",
        b"joe\xfftest",
        "zoë\u202e🧬".encode(),
        b"two\nlines",
    ],
)
def test_real_process_refuses_without_a_traceback(tmp_path: Any, value: bytes) -> None:
    """Also for bytes that are not UTF-8: exit code 2 or 3, and one message."""
    process = sessions.start(
        "plan", "grant_staff", "-p", b"username=" + value, home=str(tmp_path), environment={"PYTHONUTF8": "1"}
    )
    out, err = process.communicate(timeout=60)

    assert process.returncode in {2, 3}, err
    assert "Traceback" not in out + err
    assert err.splitlines()[-1].startswith(NEXT_STEP)
