"""The report of a defect on the command line."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from runbook_lib import procedures
from runbook_lib.errors import EXIT_OK, Defect, OutcomeUnknown, Refused, RunbookError, effect_sentence
from runbook_lib.text import commands

if TYPE_CHECKING:
    import argparse

    from runbook_lib.cli.io import Output, OutputLostError
    from runbook_lib.journal import BegunRuns


def prepare_error(error: Exception, begun: BegunRuns, args: argparse.Namespace) -> RunbookError:
    """Return the error to report. With ``--traceback``, first print the traceback of a defect.

    Args:
        error: The exception that a command raised.
        begun: The runs that the command started.
        args: The arguments of the command.
    """
    if isinstance(error, RunbookError) and not isinstance(error, Defect):
        return error
    if args.traceback:
        traceback.print_exception(error.__cause__ if isinstance(error, Defect) and error.__cause__ else error)
    command = commands.without_arguments(args.command)
    defect = begun.defect(error, what=f"{command} failed because of a defect")
    defect.set_reported_command(f"this command: {redact_values(args)}")
    return defect


def report_lost_output(error: OutputLostError, begun: BegunRuns, args: argparse.Namespace, output: Output) -> int:
    """Say on standard error what was changed although standard output can't be written; return the exit code.

    A reader such as ``head`` may close the output of a command that changes nothing.
    """
    changed, run_id = begun.effect()
    if error.is_closed and changed is False and not may_write(args):
        return EXIT_OK
    step = "run the command again with a standard output that can be written"
    if changed is not False:
        step = f"see the outcome of run {run_id}: {commands.HISTORY}"
    what = f"standard output can't be written: {error}"
    output.note(f"{what}\n{effect_sentence(changed=changed, run_id=run_id)}\nNext: {step}")
    return Refused.exit_code if changed is False else OutcomeUnknown.exit_code


def may_write(args: argparse.Namespace) -> bool:
    """Return whether a command changes a system or the journal: it asks for consent, or resolves runs."""
    return hasattr(args, "yes") or bool(getattr(args, "settle", False))


def redact_values(args: argparse.Namespace) -> str:
    """Return a command without values: its procedure, the names of its parameters, and its options."""
    procedure = getattr(args, "procedure", None)
    fields = _fields(procedure) if procedure else None
    arguments = ["runbook", args.command]
    if procedure:
        arguments.append("…" if fields is None else procedure)
    for argument in getattr(args, "parameters", ()):
        name = argument.partition("=")[0]
        arguments.append(f"{name if name in (fields or ()) else '…'}=…")
    arguments += ["…" for name in ("run_id", "text", "procedures") if getattr(args, name, None)]
    options = {"plan": "", "reason": "", "object": "", "finding": "found", "head": "", "server": "", "site": ""}
    arguments += [f"--{option or name} …" for name, option in options.items() if getattr(args, name, None)]
    arguments += [f"--{name}" for name in ("yes", "check", "settle", "json") if getattr(args, name, False)]
    return " ".join(filter(None, arguments))


def _fields(procedure: str) -> tuple[str, ...] | None:
    """Return the names of a procedure's parameters; None when the procedure does not exist."""
    try:
        return tuple(field.name for field in procedures.find(procedure).fields)
    except Exception:  # noqa: BLE001 - the first defect is being reported
        return None
