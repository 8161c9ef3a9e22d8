"""Build the command lines that users see. Bash accepts each of them unchanged.

This module is below the errors, because an error's next step is a command.
"""

from __future__ import annotations

import re
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
SHOW_CONFIG = "runbook config show"
CHECK_CONFIG = "runbook config check"
HELP = "runbook"
REASON = "…"
_READS_SITE = re.compile(r"\brunbook (plan|apply|inspect|approve|undo|history|verify|doctor|triage|show|list|config)\b")
_NEXT_LINE = " \\\n  "


def database_roles(database: str) -> str:
    """Return the command that prints the SQL of a database's roles."""
    return f"runbook config roles {database}"


def for_site(text: str, option: str) -> str:
    """Return a text whose commands choose a site.

    Args:
        text: Text with commands. Other words, such as ``runbook_lib``, stay as they are.
        option: The option, such as ``--practice`` or ``--site prod``.
    """
    return _READS_SITE.sub(lambda match: f"runbook {option} {match[1]}", text)


def doctor_of(site: str) -> str:
    """Return the command that checks the systems of a site."""
    return for_site(DOCTOR, f"--site {site}")


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
    """Return the command that applies a saved plan."""
    return f"{APPLY} --plan {shlex.quote(plan_id)} {_reason(REASON)}"


def approve(plan_id: str) -> str:
    """Return the command that approves a saved plan."""
    return f"runbook approve {shlex.quote(plan_id)} {_reason(REASON)}"


def undo(run_id: str, *, reason: str = REASON) -> str:
    """Return the command that undoes a run."""
    return f"{UNDO} {shlex.quote(run_id)} {_reason(reason)}"


def history(run_id: str) -> str:
    """Return the command that shows a run."""
    return f"{HISTORY} {shlex.quote(run_id)}"


def record_finding(run_id: str, finding: str) -> str:
    """Return the command that records what was found about the last step of a run: ``done`` or ``not-done``."""
    return f"{HISTORY} {shlex.quote(run_id)} --settle --found {finding} {_reason(REASON)}"


def triage(text: str) -> str:
    """Return the command that explains a message."""
    quoted = shlex.quote(text)
    return f"{TRIAGE} {'-- ' if quoted.startswith('-') else ''}{quoted}"


def check_notebooks(procedure: str) -> str:
    """Return the command that runs a procedure's notebook in practice mode."""
    return f"runbook check-notebooks {shlex.quote(procedure)}"


def notebook(procedure: str, target: str) -> str:
    """Return the command that writes a procedure's notebook."""
    return f"runbook notebook {shlex.quote(procedure)} -o {shlex.quote(target)}"


def build_site(configuration: object) -> str:
    """Return the command that builds the site of a configuration file of MkDocs."""
    return shlex.join(["mkdocs", "build", "-f", str(configuration)])


def without_arguments(subcommand: str) -> str:
    """Return a command without its arguments. An empty subcommand returns the program."""
    return shlex.join(["runbook", *filter(None, [subcommand])])


def show_help(subcommand: str | None = None) -> str:
    """Return the command that shows the help of a subcommand, or of all subcommands."""
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
        values: The parameters, in display order.
        reason: The reason for `apply`.
        wrap: Whether several options have one line each, for narrow screens.
    """
    parameters = [f"-p {name}={shlex.quote(str(value))}" for name, value in values.items()]
    command = f"runbook {verb} {shlex.quote(procedure)}"
    command = (_NEXT_LINE if wrap and len(parameters) > 1 else " ").join([command, *parameters])
    return (_NEXT_LINE if wrap else " ").join([command, _reason(reason)]) if reason else command


def papermill(procedure: str, values: Mapping[str, object], *, reason: str = "") -> str:
    """Return the papermill command, wrapped. With a reason it applies.

    Papermill guesses the type of a value after ``-p``, and keeps a value after ``-r`` as text.
    """
    lines = [shlex.join(["papermill", f"notebooks/{procedure}.py", f"{procedure}.ipynb"])]
    for name, value in values.items():
        lines.append(f"{'-r' if isinstance(value, str) else '-p'} {name} {shlex.quote(str(value))}")
    if reason:
        lines.append(f"-p apply True -r reason {shlex.quote(reason)}")
    return _NEXT_LINE.join(lines)


def openstack(*arguments: str, cloud: str = "") -> str:
    """Return a command of OpenStack's client, for an entry of ``clouds.yaml`` or the environment's cloud."""
    return shlex.join(["openstack", *(["--os-cloud", cloud] if cloud else []), *arguments])


def argo(verb: str, workflow: str, *options: str, namespace: str) -> str:
    """Return a command of Argo's client for a workflow."""
    return shlex.join(["argo", verb, "-n", namespace, workflow, *options])


def kubectl(*arguments: str) -> str:
    """Return a command of Kubernetes' client."""
    return shlex.join(["kubectl", *arguments])


def _reason(text: str) -> str:
    return f"--reason {shlex.quote(text)}"
