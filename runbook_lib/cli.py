"""The command line: words in, plans and outcomes out; everything it does is in the library."""

from __future__ import annotations

import argparse
import getpass
import json
import shlex
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runbook_lib import engine, look_report, looking, params, recovery, registry, report, settings, triage_command
from runbook_lib.errors import EXIT_OK, ParamError, RunbookError
from runbook_lib.journal import Journal
from runbook_lib.saved import SavedPlans

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook_lib.plan import Plan
    from runbook_lib.settings import Settings
    from runbook_lib.world import World


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
    _add(commands, "list", _list, "list the procedures")
    _add(commands, "show", _show, "show a procedure's parameters", "procedure")
    planning = _add(commands, "plan", _plan, "show and save what a procedure would do; changes nothing", "procedure")
    looks = _add(commands, "look", _look, "show what a procedure that changes nothing finds", "procedure")
    applying = _add(commands, "apply", _apply, "do what a procedure, or a saved plan, says")
    applying.add_argument("procedure", nargs="?", metavar="PROCEDURE")
    applying.add_argument("--plan", metavar="ID", help="the id that 'runbook plan' printed: exactly that plan, or none")
    for command in (planning, looks, applying):
        command.add_argument(
            "-p", dest="given", metavar="NAME=VALUE", action="append", default=[], help="a parameter; may be repeated"
        )
    undoing = _add(commands, "undo", _undo, "take a run back", "run_id")
    for command in (applying, undoing):
        command.add_argument("--reason", required=True, type=_reason, metavar="TEXT", help="why; kept in the journal")
        command.add_argument("--yes", action="store_true", help="do not ask")
    history = _add(commands, "history", _history, "show what was planned, applied and undone")
    history.add_argument("--object", metavar="TABLE:PK", help="only runs that touched this row or image")
    history.add_argument("--check", action="store_true", help="check that no record was changed or removed")
    history.add_argument("--settle", action="store_true", help="find out what became of runs that were cut off")
    triage_command.add_arguments(_add(commands, "triage", triage_command.run, triage_command.SUMMARY))
    _add(commands, "doctor", _doctor, "say which systems are configured, and whether they answer and fit")
    verifying = _add(commands, "verify", _verify, "run notebooks on the fixture: plan, apply, verify, undo")
    verifying.add_argument("procedures", nargs="*", metavar="PROCEDURE")
    verifying.add_argument(
        "--executed", type=Path, default=Path("build/executed"), metavar="DIR", help="for the results"
    )
    verifying.add_argument("--server", metavar="URL", help="also on databases made for this on a PostgreSQL server")
    notebook = _add(commands, "notebook", _notebook, "write a procedure's .ipynb", "procedure")
    notebook.add_argument("-o", dest="output", type=Path, metavar="FILE.ipynb")
    pages = _add(commands, "pages", _pages, "write the site's generated pages from the executed notebooks")
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


def _list(asked: argparse.Namespace) -> None:
    procedures = registry.every()
    lines = [f"{procedure.name:24}{procedure.summary}" for procedure in procedures]
    _say(asked, "\n".join(lines), [{"procedure": p.name, "summary": p.summary, "page": p.page} for p in procedures])


def _show(asked: argparse.Namespace) -> None:
    procedure = registry.find(asked.procedure)
    body = {"procedure": procedure.name, "summary": procedure.summary, "minutes": procedure.minutes}
    fields = [vars(field) | {"type_name": field.type_name} for field in procedure.fields]
    _say(asked, report.procedure_text(procedure), body | {"params": fields})


def _plan(asked: argparse.Namespace) -> None:
    config = settings.load()
    with _world(config, asked.procedure) as world:
        plan = _planned(world, asked)
    if plan.changes:
        SavedPlans(config.home).save(plan)
    ending = f"\nNothing was changed. Apply exactly this with: runbook apply --plan {plan.plan_id} --reason '…'"
    _say(asked, report.plan_text(plan) + (ending if plan.changes else ""), plan.as_json())


def _look(asked: argparse.Namespace) -> None:
    procedure = registry.find(asked.procedure)
    values = params.from_text(procedure.fields, _pairs(asked.given), procedure=procedure.name)
    with _world(settings.load(), asked.procedure) as world:
        look = looking.take(procedure, world, values)
    _say(asked, look_report.text(look), look.as_json())


def _apply(asked: argparse.Namespace) -> None:
    if bool(asked.plan) == bool(asked.procedure) or (asked.plan and asked.given):
        raise ParamError(
            problems=["give either a procedure with its parameters, or --plan ID"], next_step="runbook apply -h"
        )
    config = settings.load()
    saved = SavedPlans(config.home).load(asked.plan) if asked.plan else None
    with _world(config, saved.procedure if saved else asked.procedure) as world:
        _carry_out(asked, world, saved or _planned(world, asked), config)


def _undo(asked: argparse.Namespace) -> None:
    config = settings.load()
    journal = Journal(config.home)
    with _world(config, f"undo {journal.run(asked.run_id).plan.procedure}") as world:
        _carry_out(asked, world, recovery.plan_undo(world, journal, asked.run_id), config)


def _carry_out(asked: argparse.Namespace, world: World, plan: Plan, config: Settings) -> None:
    """Show a plan, ask, apply it, and tell the outcome."""
    shown = sys.stderr if asked.json else sys.stdout
    shown.write(world.vault.redact(report.plan_text(plan)) + "\n")
    if plan.changes and not asked.yes:
        _ask()
    world.progress = _progress
    outcome = engine.apply(world, plan, journal=Journal(config.home), reason=asked.reason, operator=_operator())
    _say(asked, report.outcome_text(outcome), outcome.as_json())


def _progress(line: str) -> None:
    """Tell what long work is doing, where it does not get into what is printed for programs."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _ask() -> None:
    """Return if the operator says yes.

    Raises:
        ParamError: There is nobody to ask, or the answer is not yes.
    """
    if not sys.stdin.isatty():
        raise ParamError(problems=["there is no terminal to ask on, and --yes was not given"], next_step="add --yes")
    sys.stderr.write("Apply this? Type yes: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise ParamError(problems=["the answer was not yes"], next_step="run it again when you are sure")


def _history(asked: argparse.Namespace) -> None:
    config = settings.load()
    journal = Journal(config.home)
    if asked.check:
        problems = journal.check()
        if not (problems and asked.json):  # the error's JSON holds them
            _say(asked, "\n".join(problems) or "The journal is whole.", {"problems": problems})
        if problems:
            raise report.broken_journal(journal.path, problems)
        return
    if asked.settle:
        with _world(config, "settle") as world:
            settled = recovery.settle(world, journal)
        text = "\n".join(report.outcome_text(outcome) for outcome in settled) or "No run was cut off."
        _say(asked, text, [outcome.as_json() for outcome in settled])
        return
    runs = [run for run in journal.runs() if not asked.object or run.touches(asked.object)]
    _say(asked, "\n".join(map(report.run_text, runs)) or "No runs.", [run.as_json() for run in runs])


def _doctor(asked: argparse.Namespace) -> None:
    from runbook_lib import doctor  # noqa: PLC0415 - opens every system; only this command needs it

    config = settings.load()
    with _world(config, "doctor") as world:
        findings = doctor.examine(world, config)
    if not asked.json:
        sys.stdout.write(report.findings_text(findings) + "\n")
    doctor.judge(findings)
    if asked.json:  # only now: the JSON of an error holds the findings, and one command answers with one document
        sys.stdout.write(json.dumps([vars(finding) for finding in findings], indent=1) + "\n")


def _verify(asked: argparse.Namespace) -> None:
    from runbook_lib.notebook import verification  # noqa: PLC0415 - papermill is slow to import

    names = asked.procedures or registry.names()

    def tell(line: str) -> None:
        if not asked.json:
            sys.stdout.write(line + "\n")

    stamps = verification.verify(names, asked.executed, server=asked.server, tell=tell)
    _say(asked, f"All verified; the executed notebooks are in {asked.executed}.", stamps)


def _notebook(asked: argparse.Namespace) -> None:
    from runbook_lib.notebook import source  # noqa: PLC0415 - jupytext is slow to import

    target = asked.output or Path(f"{asked.procedure}.ipynb")
    source.write(asked.procedure, target)
    command = f"papermill {shlex.quote(str(target))} executed.ipynb"
    _say(asked, f"Wrote {target}. Run it with Jupyter, or with: {command}", {"notebook": str(target)})


def _pages(asked: argparse.Namespace) -> None:
    from runbook_lib.notebook import verification  # noqa: PLC0415 - papermill is slow to import
    from runbook_lib.pages import write  # noqa: PLC0415 - only this command needs it

    parameters = {procedure.name: procedure.fields for procedure in registry.every()}
    stamps = verification.stamps(asked.executed)
    written = write.write_pages(asked.executed, asked.docs, nav=asked.nav, parameters=parameters, stamps=stamps)
    _say(asked, "\n".join(f"wrote {path}" for path in written), [str(path) for path in written])


def _planned(world: World, asked: argparse.Namespace) -> Plan:
    procedure = registry.find(asked.procedure)
    values = params.from_text(procedure.fields, _pairs(asked.given), procedure=procedure.name)
    return engine.make_plan(procedure, world, values)


def _reason(text: str) -> str:
    """Return a reason that can be shown in the journal; argparse makes a `ParamError` of anything else."""
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError("say why in a few words, on one line")
    return text


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """Return ``name=value`` words as a dictionary.

    Raises:
        ParamError: A word has no ``=``, or a name is given twice. The word is not repeated: it may hold a secret.
    """
    pairs: dict[str, str] = {}
    for word in given:
        name, equals, value = word.partition("=")
        if not equals or name in pairs:
            problem = "a parameter is not of the form name=value" if not equals else f"{name} is given twice"
            raise ParamError(problems=[problem], next_step="write each parameter once, as -p name=value")
        pairs[name] = value
    return pairs


def _world(config: Settings, procedure: str) -> Any:
    from runbook_lib.fixture import practice  # noqa: PLC0415 - Django is slow to import; '--help' needs none

    return practice.open_world(config, operator=_operator(), procedure=procedure)


def _operator() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


def _say(asked: argparse.Namespace, text: str, body: Any) -> None:
    """Print the text, or with ``--json`` the body."""
    sys.stdout.write((json.dumps(body, indent=1) if asked.json else text) + "\n")


def _tell(error: RunbookError, *, as_json: bool) -> None:
    """Print an error: for people on stderr, in JSON on stdout."""
    if as_json:
        sys.stdout.write(json.dumps(error.as_json(), indent=1) + "\n")
    else:
        sys.stderr.write(f"{error}\n")
