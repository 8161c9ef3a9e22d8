"""The command lines shown to people; bash accepts each as it stands.

They stand below the errors, because an error's next step is a command.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST = "runbook list"
SHOW = "runbook show"
PLAN = "runbook plan"
APPLY = "runbook apply"
HISTORY = "runbook history"
CHECK_JOURNAL = "runbook history --check"
SETTLE = "runbook history --settle"
TRIAGE = "runbook triage"
DOCTOR = "runbook doctor"
UNDO = "runbook undo"
PAGES = "runbook pages"
REASON = "…"
_NEXT_LINE = " \\\n  "


def show(procedure: str) -> str:
    """Return the command that lists a procedure's parameters."""
    return f"{SHOW} {shlex.quote(procedure)}"


def inspect(procedure: str, /, **values: object) -> str:
    """Return the command that inspects."""
    return line("inspect", procedure, values)


def plan(procedure: str, /, **values: object) -> str:
    """Return the command that plans."""
    return line("plan", procedure, values)


def apply_plan(plan_id: str) -> str:
    """Return the command that applies exactly a saved plan."""
    return f"{APPLY} --plan {shlex.quote(plan_id)} {_reason(REASON)}"


def undo(run_id: str, *, reason: str = REASON) -> str:
    """Return the command that undoes a run."""
    return f"{UNDO} {shlex.quote(run_id)} {_reason(reason)}"


def triage(text: str) -> str:
    """Return the command that explains a message."""
    quoted = shlex.quote(text)
    return f"{TRIAGE} {'-- ' if quoted.startswith('-') else ''}{quoted}"


def check_notebooks(procedure: str) -> str:
    """Return the command that runs a procedure's notebook in practice mode."""
    return f"runbook check-notebooks {shlex.quote(procedure)}"


def without_arguments(subcommand: str) -> str:
    """Return a command without its arguments, for a sentence about it; of an empty one the program alone."""
    return shlex.join(["runbook", *filter(None, [subcommand])])


def help_of(subcommand: str | None = None) -> str:
    """Return the command that shows the help of a subcommand, or of all."""
    return f"runbook {shlex.quote(subcommand)} --help" if subcommand else "runbook --help"


def line(
    verb: str,
    procedure: str,
    values: Mapping[str, object],
    *,
    reason: str = "",
    wrap: bool = False,
) -> str:
    """Return a command about a procedure.

    Args:
        verb: ``inspect``, ``plan`` or ``apply``.
        procedure: The procedure's name.
        values: The parameters, in the order in which they are shown.
        reason: The reason to apply.
        wrap: Give each of several options a line of its own, so that a narrow screen shows all of it.
    """
    given = [f"-p {name}={shlex.quote(str(value))}" for name, value in values.items()]
    command = f"runbook {verb} {shlex.quote(procedure)}"
    command = (_NEXT_LINE if wrap and len(given) > 1 else " ").join([command, *given])
    return (_NEXT_LINE if wrap else " ").join([command, _reason(reason)]) if reason else command


def papermill(procedure: str, values: Mapping[str, object], *, reason: str = "") -> str:
    """Return the papermill command, wrapped; with a reason it applies.

    Papermill guesses the type of what follows ``-p`` and keeps a text behind ``-r``.
    """
    words = [shlex.join(["papermill", f"notebooks/{procedure}.py", f"{procedure}.ipynb"])]
    for name, value in values.items():
        words.append(f"{'-r' if isinstance(value, str) else '-p'} {name} {shlex.quote(str(value))}")
    if reason:
        words.append(f"-p apply True -r reason {shlex.quote(reason)}")
    return _NEXT_LINE.join(words)


def openstack(*words: str, cloud: str = "") -> str:
    """Return a command of OpenStack's client, for an entry of ``clouds.yaml`` or for the one that is set."""
    return shlex.join(["openstack", *(["--os-cloud", cloud] if cloud else []), *words])


def argo(verb: str, workflow: str, *options: str, namespace: str) -> str:
    """Return a command of Argo's client about a workflow."""
    return shlex.join(["argo", verb, "-n", namespace, workflow, *options])


def kubectl(*words: str) -> str:
    """Return a command of Kubernetes' client."""
    return shlex.join(["kubectl", *words])


def _reason(text: str) -> str:
    return f"--reason {shlex.quote(text)}"
