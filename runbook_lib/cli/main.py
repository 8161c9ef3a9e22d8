"""The command line: which commands there are, and how an error of theirs is told; what they do is in `commands`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib.cli import io, procedures, records, site, triage
from runbook_lib.errors import EXIT_OK, ParamError, RunbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Parser(argparse.ArgumentParser):
    """argparse, but a wrong command is one of our errors, so that ``--json`` answers it in JSON too."""

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments"):  # not repeated: they may hold a secret
            message = "there are arguments too many, or unknown ones; a parameter is given as -p name=value"
        raise ParamError(problems=[message], next_step=f"{self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `runbook_lib.errors` lists them."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        asked = parser().parse_args(words)
        asked.run(asked)
    except RunbookError as error:
        _tell(error, as_json="--json" in words)
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; 'runbook history' shows what was done\n")
        return 130
    return EXIT_OK


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(prog="runbook", description="Plan, apply, verify and undo the procedures of the Atmosphere runbook.")
    commands = top.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add(commands, "list", procedures.list_all, "list the procedures")
    _add(commands, "show", procedures.show, "show a procedure's parameters", "procedure")
    planning = _add(
        commands, "plan", procedures.plan, "show and save what a procedure would do; changes nothing", "procedure"
    )
    inspecting = _add(
        commands, "inspect", procedures.inspect, "show what a procedure that changes nothing finds", "procedure"
    )
    applying = _add(commands, "apply", procedures.apply, "do what a procedure, or a saved plan, says")
    applying.add_argument("procedure", nargs="?", metavar="PROCEDURE")
    applying.add_argument("--plan", metavar="ID", help="the id that 'runbook plan' printed: exactly that plan, or none")
    for command in (planning, inspecting, applying):
        command.add_argument(
            "-p", dest="given", metavar="NAME=VALUE", action="append", default=[], help="a parameter; may be repeated"
        )
    undoing = _add(commands, "undo", procedures.undo, "take a run back", "run_id")
    for command in (applying, undoing):
        command.add_argument("--reason", required=True, type=io.reason, metavar="TEXT", help="why; kept in the journal")
        command.add_argument("--yes", action="store_true", help="do not ask")
    history = _add(commands, "history", records.history, "show what was planned, applied and undone")
    history.add_argument("--object", metavar="TABLE:PK", help="only runs that touched this row or image")
    history.add_argument("--check", action="store_true", help="check that no record was changed or removed")
    history.add_argument("--settle", action="store_true", help="find out what became of runs that were cut off")
    triage.add_arguments(_add(commands, "triage", triage.run, triage.SUMMARY))
    _add(commands, "doctor", records.doctor, "say which systems are configured, and whether they answer and fit")
    verifying = _add(commands, "verify", site.verify, "run notebooks on the fixture: plan, apply, verify, undo")
    verifying.add_argument("procedures", nargs="*", metavar="PROCEDURE")
    verifying.add_argument(
        "--executed", type=Path, default=Path("build/executed"), metavar="DIR", help="for the results"
    )
    verifying.add_argument("--server", metavar="URL", help="also on databases made for this on a PostgreSQL server")
    notebook = _add(commands, "notebook", site.notebook, "write a procedure's .ipynb", "procedure")
    notebook.add_argument("-o", dest="output", type=Path, metavar="FILE.ipynb")
    pages = _add(commands, "pages", site.pages, "write the site's generated pages from the executed notebooks")
    pages.add_argument("--executed", type=Path, default=Path("build/executed"), metavar="DIR")
    pages.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR")
    pages.add_argument("--nav", type=Path, default=Path("build/nav.yml"), metavar="FILE")
    return top


def _add(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], text: str, *positional: str
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text.capitalize() + ".", allow_abbrev=False
    )
    command.set_defaults(run=run)
    for argument in positional:
        command.add_argument(argument, metavar=argument.upper())
    command.add_argument("--json", action="store_true", help="answer in JSON")
    return command


def _tell(error: RunbookError, *, as_json: bool) -> None:
    """Print an error: for people on stderr, in JSON on stdout."""
    if as_json:
        sys.stdout.write(json.dumps(error.as_json(), indent=1) + "\n")
    else:
        sys.stderr.write(f"{error}\n")
