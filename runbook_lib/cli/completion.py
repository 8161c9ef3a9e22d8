"""Shell completion: commands, procedures, parameters, choices, and the IDs of plans and runs.

It reads the procedures' modules and the files of ``RUNBOOK_HOME``. It connects to no system.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from typing import TYPE_CHECKING, Any, Literal

from runbook_lib import connect, procedures
from runbook_lib.config import settings, site_file
from runbook_lib.errors import RunbookError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.params.declaration import Field

    Completer = Callable[..., Sequence[str] | Mapping[str, str]]

Shell = Literal["bash", "zsh", "fish"]
_REQUESTED = "_ARGCOMPLETE"  # the script of the shell sets it


def script(shell: Shell) -> str:
    """Return the script that makes a shell complete the arguments of ``runbook``."""
    from argcomplete.shell_integration import shellcode  # noqa: PLC0415 - only this command needs it

    text: str = shellcode(["runbook"], shell=shell)
    return text


def is_requested() -> bool:
    """Return whether the shell started this process for a completion."""
    return _REQUESTED in os.environ


def complete(parser: argparse.ArgumentParser) -> None:
    """Print the completions that the shell asks for, and end the process."""
    import argcomplete  # noqa: PLC0415 - only a completion needs it

    _attach(parser)
    argcomplete.autocomplete(parser, always_complete_options=False)


def _attach(parser: argparse.ArgumentParser) -> None:
    """Add to the arguments of all commands what completes them."""
    completers: dict[str, Completer] = {
        "procedure": _procedures,
        "procedures": _procedures,
        "parameters": _parameters,
        "pairs": _parameters,
        "run_id": _run_ids,
        "plan_id": _plan_ids,
        "plan": _plan_ids,
        "site": _sites,
    }
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001 - argparse has no list of them
    for name, command in [("", parser), *commands.choices.items()]:
        actions = command._actions  # noqa: SLF001 - argparse has no list of them
        if any(action.dest == "parameters" for action in actions):  # without -p, they are what the parser leaves
            command.add_argument("pairs", nargs="*", help=argparse.SUPPRESS)
        if name:
            command.set_defaults(command=name)
        for action in actions:
            if action.nargs != 0 and action.dest in completers:
                vars(action)["completer"] = completers[action.dest]  # argcomplete reads this attribute


def _procedures(parsed_args: argparse.Namespace, **_: Any) -> Mapping[str, str]:
    """Return the procedures that the command accepts, with their summaries."""
    accepted = {"plan": ("plans",), "apply": ("plans",), "inspect": ("inspects",)}.get(parsed_args.command, ())
    with contextlib.suppress(RunbookError):  # the settings are not valid
        every = [procedure for procedure in procedures.every() if all(getattr(procedure, name) for name in accepted)]
        return {procedure.name: procedure.summary for procedure in every}
    return {}


def _parameters(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> Sequence[str]:
    """Return the procedure's parameters as ``name=``, and after the ``=`` the values that are known."""
    with contextlib.suppress(RunbookError):
        fields = procedures.find(parsed_args.procedure or "").fields
        name, equals, _value = prefix.partition("=")
        if equals:
            return [f"{name}={value}" for field in fields if field.name == name for value in _values(field)]
        return [f"{field.name}=" for field in fields]
    return []


def _values(field: Field) -> Sequence[str]:
    return {"flag": ("True", "False"), "secret": ("env:", "file:/", "prompt")}.get(field.kind, field.choices)


def _run_ids(**_: Any) -> Mapping[str, str]:
    """Return the runs in the journal, the newest first, with their procedures."""
    with contextlib.suppress(RunbookError, OSError):
        runs = connect.open_journal(settings.load()).runs()
        return {"last": "your last run"} | {run.run_id: f"{run.plan.procedure} {run.time}" for run in reversed(runs)}
    return {}


def _plan_ids(**_: Any) -> Sequence[str]:
    """Return the saved plans, the newest first."""
    with contextlib.suppress(RunbookError, OSError):
        folder = settings.load().home / "plans"
        files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        return [file.stem for file in files]
    return []


def _sites(**_: Any) -> Sequence[str]:
    """Return the sites of the configuration file."""
    with contextlib.suppress(RunbookError):
        file = site_file.read(os.environ)
        return [*file.sites] if file else []
    return []
