"""The command lines that are shown to people; each is accepted by bash as it stands."""

from __future__ import annotations

import shlex


def inspect(procedure: str, **values: object) -> str:
    """Return the command that inspects."""
    return _command("inspect", procedure, values)


def plan(procedure: str, **values: object) -> str:
    """Return the command that plans."""
    return _command("plan", procedure, values)


def undo(run_id: str) -> str:
    """Return the command that undoes a run."""
    return f"runbook undo {run_id} --reason '…'"


def _command(verb: str, procedure: str, values: dict[str, object]) -> str:
    parameters = [f"-p {name}={shlex.quote(str(value))}" for name, value in values.items()]
    return " ".join([f"runbook {verb} {procedure}", *parameters])
