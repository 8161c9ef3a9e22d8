"""What the command line says about a defect of the runbook."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from runbook_lib import procedures
from runbook_lib.errors import Defect, RunbookError
from runbook_lib.text import commands

if TYPE_CHECKING:
    import argparse

    from runbook_lib.journal import BegunRuns


def shown(error: Exception, begun: BegunRuns, asked: argparse.Namespace) -> RunbookError:
    """Return the error to show, and before it print the traceback of a defect if it was asked for.

    Args:
        error: What a command raised.
        begun: The runs that the command began.
        asked: The arguments of the command.
    """
    if isinstance(error, RunbookError) and not isinstance(error, Defect):
        return error
    if asked.traceback:
        traceback.print_exception(error.__cause__ if isinstance(error, Defect) and error.__cause__ else error)
    command = commands.without_arguments(asked.command)
    defect = begun.defect(error, what=f"{command} failed because of a defect")
    defect.set_reported_command(f"this command: {without_values(asked)}")
    return defect


def without_values(asked: argparse.Namespace) -> str:
    """Return a command as it can be reported: its procedure, the names of its parameters, its options; no value."""
    procedure = getattr(asked, "procedure", None)
    fields = _fields(procedure) if procedure else None
    words = ["runbook", asked.command]
    if procedure:
        words.append("…" if fields is None else procedure)
    for word in getattr(asked, "parameters", ()):
        name = word.partition("=")[0]
        words.append(f"{name if name in (fields or ()) else '…'}=…")
    words += ["…" for name in ("run_id", "text", "procedures") if getattr(asked, name, None)]
    words += [f"--{name} …" for name in ("plan", "reason", "object", "server") if getattr(asked, name, None)]
    words += [f"--{name}" for name in ("yes", "check", "settle", "json") if getattr(asked, name, False)]
    return " ".join(filter(None, words))


def _fields(procedure: str) -> tuple[str, ...] | None:
    """Return the names of a procedure's parameters; None when there is no such procedure."""
    try:
        return tuple(field.name for field in procedures.find(procedure).fields)
    except Exception:  # noqa: BLE001 - one defect is being told already
        return None
