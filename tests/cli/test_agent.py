"""The tools for agents: the same verdicts and plans as the command line and papermill, and nothing is written."""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import mcp
import pytest
from mcp.client.stdio import StdioServerParameters, stdio_client

from runbook_lib import params, procedures
from runbook_lib.cli import agent
from runbook_lib.cli.main import main
from runbook_lib.cli.requests import PlanRequest
from runbook_lib.errors import ParamError
from runbook_lib.params.schema import natural
from tests.notebook.papermill_process import PapermillProcess

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
# Values that front ends are tempted to change: numbers, flags, blanks, quotes, controls, other scripts.
AWKWARD = (
    *("joetest", "", " ", " joetest", "joetest ", "joe test", "joe  test", "007", "1.20", "1e10", "1_000", "0x10"),
    *(
        "-1",
        "0",
        "1",
        "True",
        "true",
        "FALSE",
        "yes",
        "no",
        "None",
        "null",
        "nan",
        "inf",
        "[1]",
        "{}",
        "a=b",
        "=",
        "-p",
    ),
    *(
        "'",
        '"',
        "\\",
        "a\\nb",
        "a\nb",
        "a\tb",
        "a\x00b",
        "\u202e",
        "\u00a0",
        "\ufeffx",
        "٣",
        "é",
        "e\u0301",
        "日本",
        "😀",
    ),
    *("$(id)", "`id`", "; rm", "--", "%s", "{0}", "../x", "env:HOME", "file:/etc/hostname", "prompt", "x" * 4000),
    *(
        "99999999999999999999",
        "2147483648",
        "1,2",
        "4,,5",
        "4, 5",
        "2026-01-15T22:00-07:00",
        "2026-13-01",
        "22:00",
        "both",
    ),
)
FIELDS = (
    *(
        ("grant_staff", "username"),
        ("grant_staff", "superuser"),
        ("change_quota", "provider_id"),
        ("change_quota", "cpu"),
    ),
    *(("start_maintenance", "start"), ("start_maintenance", "title"), ("check_replicas", "replica_provider_ids")),
    *(("close_imaging_request", "decision"), ("triage_instance", "instance_id"), ("list_imaging_requests", "status")),
)


def _fields() -> list[tuple[str, str]]:
    return [(name, field) for name, field in FIELDS if field in {item.name for item in procedures.find(name).fields}]


def _verdict(check: Callable[[], Any]) -> Any:
    """Return the typed values, or the sentences of the refusal."""
    try:
        return check()
    except ParamError as error:
        return error.problems


@pytest.mark.parametrize(("name", "changed"), _fields())
def test_front_ends_give_the_same_verdict(name: str, changed: str) -> None:
    """The same text leads to the same typed values, or to the same sentences."""
    procedure = procedures.find(name)
    (field,) = [item for item in procedure.fields if item.name == changed]
    example = {key: value for key, value in procedure.practice_example.items() if key != changed}
    texts = {key: str(value) for key, value in example.items()}

    for text in AWKWARD:
        own = natural(field, text)
        command_line = _verdict(
            lambda text=text: params.from_text(procedure.fields, texts | {changed: text}, procedure=name)
        )
        papermill = _verdict(lambda own=own: params.check(procedure.fields, example | {changed: own}, procedure=name))
        tool = _verdict(lambda own=own: agent.planning({"procedure": name, "params": example | {changed: own}}).values)
        assert command_line == tool, repr(text)
        unset = own == 0 and field.kind == "number"  # a notebook's own value for a number that is not set
        expected = _verdict(lambda: params.check(procedure.fields, example, procedure=name)) if unset else command_line
        assert expected == papermill, repr(text)


def test_table_has_enough_fields_and_values() -> None:
    """Every kind of parameter, and 200 cases or more."""
    kinds = {item.kind for name, field in _fields() for item in procedures.find(name).fields if item.name == field}

    assert {"text", "flag", "number", "timestamp", "choice"} <= kinds
    assert 200 <= len(AWKWARD) * len(_fields())


@pytest.mark.parametrize("name", ["grant_staff", "change_quota", "move_image_version"])
def test_plan_has_the_id_of_the_command_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing is saved by the agent, neither a plan nor a record."""
    procedure = procedures.find(name)
    home = Path(os.environ["RUNBOOK_HOME"])

    body, is_error = agent.call("plan", {"procedure": name, "params": dict(procedure.practice_example)})
    assert not is_error
    assert [] == [path for path in home.rglob("*") if path.name == "plans" or path.name.startswith("journal")]
    pairs = [f"{key}={value}" for key, value in procedure.practice_example.items()]
    capsys.readouterr()
    assert 0 == main(["plan", name, *pairs, "--json"])

    assert json.loads(capsys.readouterr().out)["plan_id"] == body["plan_id"]
    assert body["changes"]
    assert f"runbook plan {name} " in body["next_step"]


def test_papermill_makes_the_plan_of_the_agent(tmp_path: Path) -> None:
    """In a real kernel; the executed notebook shows the plan under the same ID."""
    body, _ = agent.call("plan", {"procedure": "grant_staff", "params": {"username": "joetest"}})
    mill = PapermillProcess(tmp_path / "mill")
    mill.folder.mkdir()

    ended = mill.run("runbook://grant_staff", "-r", "username", "joetest")

    assert 0 == ended.code
    assert body["plan_id"] in ended.outputs()


@pytest.mark.parametrize(
    ("tool", "arguments", "error"),
    [
        ("apply", {"procedure": "grant_staff"}, "there is no tool 'apply'"),
        ("undo", {"run_id": "last"}, "there is no tool 'undo'"),
        ("plan", {}, "procedure is missing"),
        ("plan", {"procedure": "grant_staff", "params": [1]}, "params is not of the type object"),
        ("plan", {"procedure": "grant_staff", "reason": "x"}, "reason is not an argument of the tool plan"),
        ("plan", {"procedure": "no_such"}, "there is no procedure no_such"),
        ("plan", {"procedure": "grant_staff", "params": {"username": "nobody-here"}}, "nobody-here"),
        ("plan", {"procedure": "list_staff"}, "only inspects"),
        ("inspect", {"procedure": "grant_staff", "params": {"username": "joetest"}}, "makes changes"),
        ("triage", {"text": 5}, "text is not of the type string"),
    ],
)
def test_wrong_call_is_an_error_with_a_next_step(tool: str, arguments: dict[str, Any], error: str) -> None:
    """In the form of ``--json``; nothing was changed."""
    body, is_error = agent.call(tool, arguments)

    assert is_error
    assert error in body["what"]
    assert body["changed"] is False
    assert body["next_step"]


def test_no_tool_writes() -> None:
    """The tools are these, and each of them reads."""
    assert ["list", "show", "inspect", "plan", "triage"] == [*agent.tools()]


def test_client_uses_the_tools_by_the_protocol(tmp_path: Path) -> None:
    """With the library's own client, over standard input and output; the schema of a procedure is that of the forms."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RUNBOOK_")},
        "PYTHONPATH": str(ROOT),
        "RUNBOOK_HOME": str(tmp_path),
    }
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "runbook_lib", "--practice", "mcp"], env=environment
    )

    async def ask() -> tuple[Any, ...]:
        async with stdio_client(server) as (read, write), mcp.ClientSession(read, write) as session:
            await session.initialize()
            listed = await session.list_tools()
            shown = await session.call_tool("show", {"procedure": "grant_staff"})
            planned = await session.call_tool("plan", {"procedure": "grant_staff", "params": {"username": "joetest"}})
            inspected = await session.call_tool("inspect", {"procedure": "list_staff"})
            explained = await session.call_tool("triage", {"text": "Image checksums don't match"})
            refused = await session.call_tool("plan", {"procedure": "grant_staff", "params": {"usrname": "x"}})
            return listed, shown, planned, inspected, explained, refused

    with ThreadPoolExecutor(1) as executor:  # a test of the site leaves its browser's event loop in this thread
        listed, *results = executor.submit(anyio.run, ask).result()

    assert [*agent.tools()] == [tool.name for tool in listed.tools]
    assert all(tool.annotations.read_only_hint for tool in listed.tools)
    shown, planned, inspected, explained, refused = [json.loads(result.content[0].text) for result in results]
    assert [False, False, False, False, True] == [bool(result.is_error) for result in results]
    assert ["username"] == shown["schema"]["required"]
    assert planned["practice"]
    assert "runbook --practice plan grant_staff -p username=joetest" == planned["next_step"]
    assert "accounts have rights" in inspected["answer"]
    assert explained["entries"]
    assert "did you mean username?" in refused["what"]


def test_request_is_that_of_the_command_line() -> None:
    """Natural JSON types and texts lead to equal requests."""
    from_json = agent.planning(
        {"procedure": "change_quota", "params": {"username": "joetest", "provider_id": 4, "cpu": 44}}
    )

    assert (
        PlanRequest.from_arguments("change_quota", ["username=joetest", "provider_id=4", "cpu=44"]).values
        == from_json.values
    )
