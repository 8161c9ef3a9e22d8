"""The steps around a notebook's run: the check of the parameters, the kernel's transport, the archive."""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Any

import nbformat
from papermill.iorw import write_ipynb
from traitlets.config import Config

from runbook_lib import procedures
from runbook_lib.config import settings
from runbook_lib.notebook import controls, parameters_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nbformat import NotebookNode

MARK = "runbook"  # in the notebook's metadata: its procedure; in an output's metadata: its run


def check_injected(notebook: NotebookNode) -> None:
    """Check the parameters of one of our notebooks before any cell runs: its own and those that papermill injected.

    In practice mode, the notebook's first call replaces a missing one with its example, and reports it.

    Raises:
        ParamError: A name is unknown, a type is wrong, a value is missing, or a literal replaces a secret's reference.
    """
    procedure = procedures.find(notebook.metadata[MARK]["procedure"])
    injected = dict(notebook.metadata.get("papermill", {}).get("parameters", {}))
    try:
        written = _written(notebook)
    except ValueError:  # the cell computes them, so only the notebook's first call has the values
        controls.check(procedure, controls.stand_in(procedure, injected) | injected)
        return
    given = written | injected
    stood_in = controls.stand_in(procedure, given) if settings.load().is_practice else {}
    controls.check(procedure, given | stood_in)


def _written(notebook: NotebookNode) -> dict[str, Any]:
    """Return the values that the parameters cell sets."""
    cells = [cell.source for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    return {name: value for text in cells for name, value in parameters_cell.read(text).items()}


@contextlib.contextmanager
def private_transport() -> Iterator[Config]:
    """Yield the configuration of a kernel that listens on sockets in a private folder, not on TCP ports."""
    with tempfile.TemporaryDirectory(prefix="rb-", dir="/tmp") as folder:
        config = Config()
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = f"{folder}/kernel"
        # nbclient ends a kernel by interrupting it first, which the kernel would report as an error
        config.NotebookClient.extra_arguments = ["--IPKernelApp.log_level=CRITICAL"]
        yield config


def mark_interrupted(notebook: NotebookNode, *, output: str | None) -> None:
    """Mark a notebook whose kernel died or whose cell took too long, in memory and in the output file.

    papermill calls such a cell ``completed`` and records no exception. Without the mark, the notebook looks complete.
    """
    notebook.metadata["papermill"]["exception"] = True
    if output:
        write_ipynb(notebook, output)


def archive(notebook: NotebookNode) -> Path | None:
    """Save the executed notebook in ``RUNBOOK_HOME``/runs under its run's ID; return None if it applied nothing."""
    run_id = run_of(notebook)
    if not run_id:
        return None
    target = settings.load().home / "runs" / f"{run_id}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    nbformat.write(notebook, target)
    return target


def run_of(notebook: NotebookNode) -> str:
    """Return the ID of the first run in the notebook's outputs; empty if there is none."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    marks = (output.get("metadata", {}).get(MARK, {}) for output in outputs)
    return next((mark["run_id"] for mark in marks if mark.get("run_id")), "")
