"""Parse a block of shell with the real parsers, without running it; a rejection by them or the tables fails."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from papermill.cli import _resolve_type
from papermill.cli import papermill as papermill_command

from runbook_lib import params, procedures
from runbook_lib.cli import parser
from runbook_lib.cli.requests import PlanRequest
from runbook_lib.pages.code_blocks import shell
from runbook_lib.pages.procedure_page import REASON
from tests.pages.code_blocks import tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbook_lib.model.procedure import Procedure


class Wrong(Exception):
    """A block that does not say what it should."""


def read(text: str, *, printed: str, free: bool) -> None:
    """Read every command of a block.

    Args:
        text: The block.
        printed: What the page shows as output: the ids of runs stand there.
        free: The block has an expectation of its own, so its values need not be those of the procedure's example.

    Raises:
        Exception: The error of the parser that rejects the block; a valid block raises nothing.
    """
    for arguments in shell.commands(text):
        _command([word for word in arguments if word != "!"], printed=printed, free=free)


def _command(arguments: Sequence[str], *, printed: str, free: bool) -> None:
    program = arguments[0].rpartition("/")[2]
    if program == "runbook":
        _runbook(arguments[1:], printed=printed, free=free)
    elif program == "papermill":
        _papermill(arguments[1:], free=free)
    else:
        command = tables.check(program, arguments[1:])
        if command.then:
            _command(command.then, printed=printed, free=free)
        if program == "bash":
            read(arguments[-1], printed=printed, free=free)


def _runbook(arguments: Sequence[str], *, printed: str, free: bool) -> None:
    asked = parser.parse(arguments)
    names = [getattr(asked, "procedure", None), *(getattr(asked, "procedures", None) or [])]
    matches = [procedures.find(name) for name in names if name]
    if hasattr(asked, "parameters") and asked.procedure:
        _like_the_example(matches[0], PlanRequest.from_arguments(asked.procedure, asked.parameters).values, free=free)
    if hasattr(asked, "reason") and asked.reason != REASON:
        raise Wrong(f"the reason on a page is {REASON!r}, not {asked.reason!r}")
    if hasattr(asked, "run_id") and asked.run_id not in re.findall(r"[\w-]+", printed):
        raise Wrong(f"no run on this page has the id {asked.run_id}")


def _papermill(arguments: Sequence[str], *, free: bool) -> None:
    context = papermill_command.make_context("papermill", list(arguments))
    name = context.params["notebook_path"].removeprefix("notebooks/").removesuffix(".py")
    if f"notebooks/{name}.py" != context.params["notebook_path"]:
        raise Wrong(f"{context.params['notebook_path']} is no notebook of ours")
    procedure = procedures.find(name)
    if context.params["output_path"] != f"{name}.ipynb":
        raise Wrong(f"the output is called {name}.ipynb, not {context.params['output_path']}")
    given: dict[str, Any] = {key: _resolve_type(value) for key, value in context.params["parameters"]}
    given |= dict(context.params["parameters_raw"])
    applies = given.pop("apply", False)
    if applies is not ("reason" in given) or given.pop("reason", REASON) != REASON:
        raise Wrong(f"applying takes -p apply True -r reason {shlex.quote(REASON)}")
    _like_the_example(procedure, params.check(procedure.fields, given, procedure=name), free=free)


def _like_the_example(procedure: Procedure, given: Any, *, free: bool) -> None:
    wanted: Mapping[str, Any] = procedure.example
    if not free and given != params.check(procedure.fields, wanted, procedure=procedure.name):
        raise Wrong(f"{procedure.name} is shown with other values than its example: {given}")
