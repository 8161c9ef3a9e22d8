"""The command line: which commands there are, and how their arguments become requests."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib.cli import defects, procedures, records, site, triage
from runbook_lib.cli.io import Output
from runbook_lib.cli.requests import (
    ApplyRequest,
    ApplySavedRequest,
    Approval,
    HistoryRequest,
    NotebooksRequest,
    PagesRequest,
    PlanRequest,
    UndoRequest,
)
from runbook_lib.errors import EXIT_OK, ParamError
from runbook_lib.journal import BegunRuns
from runbook_lib.text.commands import HISTORY, PLAN, show_help

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[argparse.Namespace, Output], None]

_EXECUTED = Path("build/executed")


class _Parser(argparse.ArgumentParser):
    """argparse, but a wrong command is one of our errors, so that ``--json`` reports it in JSON too."""

    def error(self, message: str) -> NoReturn:
        raise ParamError(problems=[message], next_step=f"{self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; `runbook_lib.errors` lists them."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    output, begun = Output(as_json="--json" in words), BegunRuns()
    asked = argparse.Namespace(command="", traceback="--traceback" in words)
    try:
        asked = parse(words)
        asked.run(asked, Output(as_json=asked.json))
    except KeyboardInterrupt:
        output.note(f"\ninterrupted; '{HISTORY}' shows what was done")
        return 130
    except BrokenPipeError:  # whoever read standard output has left: no defect
        raise
    except Exception as error:  # noqa: BLE001 - what nobody foresaw is a defect, and the operator is told what to do
        shown = defects.shown(error, begun, asked)
        output.error(shown)
        return shown.exit_code
    return EXIT_OK


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of a command; ``run`` among them is called with them and an `Output`.

    Raises:
        ParamError: They are not a command with its arguments. An unexpected one is not repeated: it may hold a secret.
    """
    asked, rest = _parser().parse_known_args(words)
    hint = ""
    if hasattr(asked, "parameters"):
        asked.parameters = [*asked.parameters, *filter(_is_pair, rest)]
        rest = [word for word in rest if not _is_pair(word)]
        hint = "; pass parameters as name=value"
    if rest:
        raise ParamError(
            problems=[f"unexpected argument {_position(words, rest)}{hint}"],
            next_step=show_help(asked.command),
        )
    return asked


def _is_pair(word: str) -> bool:
    return "=" in word and not word.startswith("-")


def _position(words: Sequence[str], unexpected: list[str]) -> int:
    """Return where the first unexpected word stands; the command itself is not counted.

    The search goes backwards: of two equal words, the parser took the first.
    """
    numbers = iter(reversed(range(len(words))))
    found = [next(number for number in numbers if words[number] == word) for word in reversed(unexpected)]
    return max(found[-1], 1)


def _parser() -> argparse.ArgumentParser:
    top = _Parser(
        prog="runbook",
        description="Plan, apply, verify and undo the procedures of the Atmosphere runbook.",
        allow_abbrev=False,
    )
    top.set_defaults(run=lambda _, output: output.text(top.format_help().rstrip()), json=False, traceback=False)
    top.add_argument("--version", dest="run", action="store_const", const=_version, help="show the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _add_procedure_commands(commands)
    _add_record_commands(commands)
    _add_site_commands(commands)
    return top


def _version(_: argparse.Namespace, output: Output) -> None:
    from importlib import metadata  # noqa: PLC0415 - slow to import; only this needs it

    output.text(f"runbook {metadata.version('runbook-lib')}")


def _add_procedure_commands(commands: Any) -> None:
    _add(commands, "list", lambda _, output: procedures.list_all(output), "list the procedures")
    show = _add(
        commands,
        "show",
        lambda asked, output: procedures.show(asked.procedure, output),
        "show which systems a procedure requires, and its parameters",
    )
    plan = _add(
        commands,
        "plan",
        lambda asked, output: procedures.plan(_plan_request(asked), output),
        "show and save what a procedure would change; changes nothing",
    )
    inspect = _add(
        commands,
        "inspect",
        lambda asked, output: procedures.inspect(_plan_request(asked), output),
        "run a procedure that changes nothing, and show what it finds",
    )
    apply = _add(commands, "apply", _apply, "apply a procedure, or a saved plan")
    undo = _add(
        commands,
        "undo",
        lambda asked, output: procedures.undo(UndoRequest(asked.run_id, _approval(asked)), output),
        "undo a run",
    )
    for command in (show, plan, inspect):
        command.add_argument("procedure", metavar="PROCEDURE")
    apply.add_argument("procedure", nargs="?", metavar="PROCEDURE")
    apply.add_argument("--plan", metavar="ID", help=f"apply exactly this plan, which '{PLAN}' saved")
    for command in (plan, inspect):
        command.usage = "%(prog)s PROCEDURE [NAME=VALUE ...] [--json] [--traceback]"
    apply.usage = "%(prog)s (PROCEDURE [NAME=VALUE ...] | --plan ID) --reason TEXT [--yes] [--json] [--traceback]"
    for command in (plan, inspect, apply):
        command.add_argument(
            "-p",
            dest="parameters",
            metavar="NAME=VALUE",
            action="append",
            default=[],
            help="a parameter; NAME=VALUE alone is the same",
        )
    undo.add_argument("run_id", metavar="RUN_ID")
    for command in (apply, undo):
        command.add_argument("--reason", required=True, type=_reason, metavar="TEXT", help="why; kept in the journal")
        command.add_argument("--yes", action="store_true", help="do not ask")


def _add_record_commands(commands: Any) -> None:
    history = _add(
        commands,
        "history",
        lambda asked, output: records.history(HistoryRequest(asked.object, asked.check, asked.settle), output),
        "show what was planned, applied and undone",
    )
    history.add_argument("--object", default="", metavar="TABLE:PK", help="only runs that touched this row or image")
    history.add_argument("--check", action="store_true", help="check that no record was changed or removed")
    history.add_argument("--settle", action="store_true", help="find out what became of runs that were cut off")
    message = _add(
        commands,
        "triage",
        lambda asked, output: triage.run(asked.text, output),
        "show what a status message, traceback or part of a log means, and what to do next",
    )
    message.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help="the text; without one, or with -, it is read from standard input, which others on the host can't see",
    )
    _add(
        commands,
        "doctor",
        lambda _, output: records.doctor(output),
        "check which systems are configured, and whether they respond and fit",
    )


def _add_site_commands(commands: Any) -> None:
    check = _add(
        commands,
        "check-notebooks",
        lambda asked, output: site.check(
            NotebooksRequest(tuple(asked.procedures), asked.executed, asked.server), output
        ),
        "run notebooks in practice mode: plan, apply, verify, undo; write the stamps",
    )
    check.add_argument("procedures", nargs="*", metavar="PROCEDURE")
    check.add_argument("--executed", type=Path, default=_EXECUTED, metavar="DIR", help="for the results")
    check.add_argument(
        "--server", default="", metavar="URL", help="also on databases made for this on a PostgreSQL server"
    )
    notebook = _add(
        commands,
        "notebook",
        lambda asked, output: site.notebook(asked.procedure, asked.output or Path(f"{asked.procedure}.ipynb"), output),
        "write a procedure's .ipynb",
    )
    notebook.add_argument("procedure", metavar="PROCEDURE")
    notebook.add_argument("-o", dest="output", type=Path, metavar="FILE.ipynb")
    pages = _add(
        commands,
        "pages",
        lambda asked, output: site.pages(PagesRequest(asked.executed, asked.docs, asked.nav), output),
        "write the site's generated pages from the executed notebooks",
    )
    pages.add_argument("--executed", type=Path, default=_EXECUTED, metavar="DIR")
    pages.add_argument("--docs", type=Path, default=Path("docs"), metavar="DIR")
    pages.add_argument("--nav", type=Path, default=Path("build/nav.yml"), metavar="FILE")


def _add(commands: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text.capitalize() + ".", allow_abbrev=False
    )
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--traceback", action="store_true", help="after a defect, print where in the code it happened")
    return command


def _apply(asked: argparse.Namespace, output: Output) -> None:
    if asked.plan and not asked.procedure and not asked.parameters:
        procedures.apply_saved(ApplySavedRequest(asked.plan, _approval(asked)), output)
    elif asked.procedure and not asked.plan:
        procedures.apply(ApplyRequest(_plan_request(asked), _approval(asked)), output)
    else:
        raise ParamError(
            problems=["give either a procedure with its parameters, or --plan ID"], next_step=show_help("apply")
        )


def _plan_request(asked: argparse.Namespace) -> PlanRequest:
    return PlanRequest.from_words(asked.procedure, asked.parameters)


def _approval(asked: argparse.Namespace) -> Approval:
    return Approval(asked.reason, given=asked.yes)


def _reason(text: str) -> str:
    """Return a reason that can be shown in the journal; argparse makes a `ParamError` of anything else."""
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("say why in a few words, on one line")
    return text
