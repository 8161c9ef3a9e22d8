"""The parser of the command line: each command, and the request that its arguments become."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib.cli import agent, completion, config, database_roles, procedures, records, site, triage
from runbook_lib.cli.io import Output
from runbook_lib.cli.requests import (
    ApplyRequest,
    ApplySavedRequest,
    Consent,
    HistoryRequest,
    NotebooksRequest,
    PagesRequest,
    PlanRequest,
    RolesRequest,
    UndoRequest,
)
from runbook_lib.config.site_file import PRACTICE
from runbook_lib.config.variables import similar
from runbook_lib.errors import ParamError
from runbook_lib.journal import Position
from runbook_lib.model import DATABASES
from runbook_lib.params.common import MAX_REASON
from runbook_lib.text.commands import HELP, PLAN, show_help

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[[argparse.Namespace, Output], None]

_EXECUTED = Path("build/executed")


class _Parser(argparse.ArgumentParser):
    """A parser that reports an invalid command as a `ParamError`, which ``--json`` prints as JSON."""

    def error(self, message: str) -> NoReturn:
        raise ParamError(problems=[message], next_step=f"{self.prog} --help")

    def print_help(self, file: object = None) -> None:
        del file  # argparse ignores a standard output that can't be written
        Output().text(self.format_help().rstrip())


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return a command's arguments. Its ``run`` attribute is the function to call with them and an `Output`.

    Raises:
        ParamError: An argument is invalid. An unexpected argument is not repeated, because it can hold a secret.
    """
    parser = build_parser()
    _require_known(arguments, parser)
    args, rest = parser.parse_known_args(arguments)
    hint = ""
    if hasattr(args, "parameters"):
        args.parameters = [*args.parameters, *filter(_is_pair, rest)]
        rest = [argument for argument in rest if not _is_pair(argument)]
        hint = "; pass parameters as name=value"
    if rest:
        raise ParamError(
            problems=[f"unexpected argument {_position(arguments, rest)}{hint}"],
            next_step=show_help(args.command),
        )
    return args


def _require_known(arguments: Sequence[str], parser: argparse.ArgumentParser) -> None:
    """Raise with the most similar command if the first argument is not a command."""
    first = next(iter(arguments), "-")
    [commands] = [action.choices for action in parser._actions if action.dest == "command"]  # noqa: SLF001 - argparse has no list of them
    if not first.startswith("-") and first not in (commands or ()):
        raise ParamError(
            problems=[f"there is no command {first!r}{similar(first, list(commands or ()))}"],
            next_step=f"'{HELP}' lists the commands",
        )


def _is_pair(argument: str) -> bool:
    return "=" in argument and not argument.startswith("-")


def _position(arguments: Sequence[str], unexpected: list[str]) -> int:
    """Return the position of the first unexpected argument; the command itself is position 0.

    The search goes backwards, because the parser accepts the first of two equal arguments.
    """
    numbers = iter(reversed(range(len(arguments))))
    positions = [
        next(number for number in numbers if arguments[number] == argument) for argument in reversed(unexpected)
    ]
    return max(positions[-1], 1)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog="runbook",
        description="Plan, apply, verify and undo the procedures of the Atmosphere runbook.",
        allow_abbrev=False,
    )
    top.set_defaults(
        run=lambda _, output: output.text(top.format_help().rstrip()), json=False, traceback=False, site=""
    )
    top.add_argument("--version", dest="run", action="store_const", const=_version, help="show the version and exit")
    _add_global_options(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _add_procedure_commands(commands)
    _add_record_commands(commands)
    _add_config_commands(commands)
    _add_completion(commands)
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
        lambda args, output: procedures.show(args.procedure, output),
        "show a procedure's parameters and the systems that it requires",
    )
    plan = _add(
        commands,
        "plan",
        lambda args, output: procedures.plan(_plan_request(args), output),
        "show the changes that a procedure would make, and save them as a plan; changes nothing",
    )
    inspect = _add(
        commands,
        "inspect",
        lambda args, output: procedures.inspect(_plan_request(args), output),
        "run a procedure that only inspects, and show its findings",
    )
    apply = _add(commands, "apply", _apply, "apply a procedure or a saved plan")
    undo = _add(
        commands,
        "undo",
        lambda args, output: procedures.undo(UndoRequest(args.run_id, _consent(args)), output),
        "undo a run",
    )
    approve = _add(
        commands,
        "approve",
        lambda args, output: procedures.approve(ApplySavedRequest(args.plan_id, _consent(args)), output),
        "approve a saved plan, so that another operator can apply it",
    )
    approve.add_argument("plan_id", metavar="PLAN_ID")
    for command in (show, plan, inspect):
        command.add_argument("procedure", metavar="PROCEDURE")
    apply.add_argument("procedure", nargs="?", metavar="PROCEDURE")
    apply.add_argument("--plan", metavar="ID", help=f"apply exactly this plan, saved by '{PLAN}'")
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
            help="set a parameter; NAME=VALUE without -p is the same",
        )
    undo.add_argument("run_id", metavar="RUN_ID", help="the run; last for your last run")
    for command in (apply, undo, approve):
        command.add_argument(
            "--reason", required=True, type=_reason, metavar="TEXT", help="why; recorded in the journal"
        )
        command.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def _add_record_commands(commands: Any) -> None:
    history = _add(
        commands,
        "history",
        lambda args, output: records.history(_history_request(args), output),
        "show the runs that the journal records",
    )
    history.add_argument(
        "run_id", nargs="?", default="", metavar="RUN_ID", help="show this run; last for your last run"
    )
    history.add_argument(
        "--object", default="", metavar="TABLE:PK", help="show only runs that changed this row or image"
    )
    history.add_argument("--check", action="store_true", help="check that no record was changed or removed")
    history.add_argument(
        "--head",
        type=_journal_head,
        metavar="NUMBER:DIGEST",
        help="with --check: check that the journal still has this record; each outcome prints its journal head",
    )
    history.add_argument("--settle", action="store_true", help="resolve interrupted runs")
    history.add_argument(
        "--found",
        dest="finding",
        choices=("done", "not-done"),
        default="",
        help="with RUN_ID, --settle and --reason: record what you found about a step whose outcome stays unknown",
    )
    history.add_argument("--reason", type=_reason, metavar="TEXT", help="what you checked; recorded")
    verify = _add(
        commands,
        "verify",
        lambda args, output: records.verify(args.run_id, output),
        "read the changes of a run back, and show which are in effect now; changes nothing",
    )
    verify.add_argument("run_id", metavar="RUN_ID", help="the run; last for your last run")
    message = _add(
        commands,
        "triage",
        lambda args, output: triage.run(args.text, output, only_message=args.message),
        "explain a status message, a traceback or part of a log, and show the next step",
    )
    message.add_argument("--message", action="store_true", help="print only the message for support, ready to paste")
    message.add_argument(
        "text",
        nargs="*",
        metavar="TEXT",
        help="the text; without TEXT or with -, standard input is read, which other users of the host can't see",
    )
    _add(
        commands,
        "doctor",
        lambda _, output: records.doctor(output),
        "check the configured systems: reachability, version and permissions",
    )


def _add_config_commands(commands: Any) -> None:
    _add(
        commands, "config", lambda _, output: config.show(output), "show the settings in use and where each comes from"
    )
    actions = commands.choices["config"].add_subparsers(dest="action", metavar="ACTION", parser_class=_Parser)
    _add(actions, "show", lambda _, output: config.show(output), "show the settings in use and where each comes from")
    _add(actions, "check", lambda _, output: config.check(output), "check all sites of the configuration file")
    roles = _add(
        actions,
        "roles",
        lambda args, output: database_roles.print_roles(
            RolesRequest.from_arguments(args.database, args.procedures), output
        ),
        "print the SQL of a database's roles: one that only reads, and one per procedure with exactly what it uses",
    )
    roles.add_argument("database", choices=DATABASES, metavar="DATABASE", help=" or ".join(DATABASES))
    roles.add_argument("procedures", nargs="*", metavar="PROCEDURE", help="only the roles of these procedures")


def _add_completion(commands: Any) -> None:
    command = _add(
        commands,
        "completion",
        lambda args, output: output.result(completion.script(args.shell), {"script": completion.script(args.shell)}),
        "print the script that makes a shell complete commands, procedures, parameters and IDs",
    )
    command.add_argument("shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish")


def _add_site_commands(commands: Any) -> None:
    check = _add(
        commands,
        "check-notebooks",
        lambda args, output: site.check(NotebooksRequest(tuple(args.procedures), args.executed, args.server), output),
        "run notebooks in practice mode (plan, apply, verify, undo) and write the stamps",
    )
    check.add_argument("procedures", nargs="*", metavar="PROCEDURE")
    check.add_argument("--executed", type=Path, default=_EXECUTED, metavar="DIR", help="the folder for the results")
    check.add_argument(
        "--server", default="", metavar="URL", help="also run on temporary databases on this PostgreSQL server"
    )
    notebook = _add(
        commands,
        "notebook",
        lambda args, output: site.notebook(args.procedure, args.output or Path(f"{args.procedure}.ipynb"), output),
        "write a procedure's .ipynb",
    )
    notebook.add_argument("procedure", metavar="PROCEDURE")
    notebook.add_argument("-o", dest="output", type=Path, metavar="FILE.ipynb")
    _add(
        commands,
        "mcp",
        lambda args, _: agent.serve(args.site),
        "serve read-only tools for agents on standard input and output",
    )
    pages = _add(
        commands,
        "pages",
        lambda args, output: site.pages(
            PagesRequest.from_arguments(args.executed, args.docs, args.nav, args.out), output
        ),
        "write the site's pages from the executed notebooks",
    )
    pages.add_argument("--executed", type=Path, default=_EXECUTED, metavar="DIR")
    pages.add_argument("--docs", type=Path, metavar="DIR", help="the folder of the generated pages alone")
    pages.add_argument("--nav", type=Path, metavar="FILE", help="the file of the navigation")
    pages.add_argument(
        "--out", type=Path, metavar="DIR", help="write all pages, and MkDocs' configuration, into this folder"
    )


def _add(commands: Any, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text.capitalize() + ".", allow_abbrev=False
    )
    command.set_defaults(run=run)
    _add_global_options(command)
    return command


def _add_global_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that stand before or after the command."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--site", default=argparse.SUPPRESS, metavar="NAME", help="use this site of the configuration file"
    )
    group.add_argument(
        "--practice",
        dest="site",
        action="store_const",
        const=PRACTICE,
        default=argparse.SUPPRESS,
        help="use practice mode: sample data, no real system",
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
    parser.add_argument(
        "--traceback",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print the Python traceback of a defect",
    )


def _apply(args: argparse.Namespace, output: Output) -> None:
    if args.plan and not args.procedure and not args.parameters:
        procedures.apply_saved(ApplySavedRequest(args.plan, _consent(args)), output)
    elif args.procedure and not args.plan:
        procedures.apply(ApplyRequest(_plan_request(args), _consent(args)), output)
    else:
        raise ParamError(
            problems=["specify either a procedure with its parameters, or --plan ID"], next_step=show_help("apply")
        )


def _plan_request(args: argparse.Namespace) -> PlanRequest:
    return PlanRequest.from_arguments(args.procedure, args.parameters)


def _consent(args: argparse.Namespace) -> Consent:
    return Consent(args.reason, is_given=args.yes)


def _history_request(args: argparse.Namespace) -> HistoryRequest:
    return HistoryRequest(
        args.run_id, args.object, args.check, args.settle, args.finding, reason=args.reason or "", head=args.head
    )


def _journal_head(text: str) -> Position:
    try:
        return Position.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _reason(text: str) -> str:
    """Return a printable reason; for any other, `_Parser` raises a `ParamError`."""
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("give the reason in a few words, on one line")
    if len(text) > MAX_REASON:
        raise argparse.ArgumentTypeError(f"the reason is longer than {MAX_REASON} characters")
    return text
