"""The form of a procedure's page holds the parameters' schema and the minimal command."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from runbook_lib.pages.command_form import command_fence, command_form
from runbook_lib.params import param
from runbook_lib.params.schema import DIALECT, schema
from tests.pages import sample


def _schema(text: str) -> object:
    match = re.search(r'<script type="application/json">(.*)</script>', text)
    assert match
    return {"$schema": DIALECT} | json.loads(match[1])


def test_form_has_schema_and_first_command() -> None:
    """A procedure that changes something plans first, and its form has the reason of its commands."""
    procedure = sample.procedure()
    text = command_form(procedure, {"username": "joetest"}, reason="as asked")

    assert text.startswith("/// html | form.rb-form[data-procedure=grant_staff][data-reason='as asked']\n")
    assert schema(procedure.fields, procedure="grant_staff") == _schema(text)
    assert "https:" not in text
    assert '```{ .sh data-command="plan" }\nrunbook plan grant_staff -p username=joetest\n```' in text


def test_form_of_inspection_inspects() -> None:
    """There is no reason to ask for."""
    procedure = sample.procedure(inspects=lambda _world, _params: None)
    text = command_form(procedure, {"username": "joetest"}, reason="as asked")

    assert "data-reason" not in text
    assert '```{ .sh data-command="inspect" }\nrunbook inspect grant_staff -p username=joetest\n```' in text


def test_no_text_ends_the_schema() -> None:
    """A description that looks like the end of a script stays data."""

    @dataclass(frozen=True)
    class Params:
        username: str = param("</script><b>x", example="joetest")

    procedure = sample.procedure(declaration=Params)
    text = command_form(procedure, {"username": "joetest"}, reason="as asked")

    assert 1 == text.count("</script>")
    assert schema(procedure.fields, procedure="grant_staff") == _schema(text)


def test_backticks_in_command_do_not_end_its_block() -> None:
    """The fence is longer than any in the command."""
    assert command_fence("plan", "x '```'").startswith("````{ ")
