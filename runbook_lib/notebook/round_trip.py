"""Run one notebook in practice mode with papermill, and compare every row and object before and after."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from runbook_lib import procedures
from runbook_lib.config import settings
from runbook_lib.config.settings import Settings
from runbook_lib.config.site_file import PRACTICE
from runbook_lib.errors import CannotUndo, Refused
from runbook_lib.fixture import build, dump, practice
from runbook_lib.journal import Journal
from runbook_lib.notebook import notebook_files, papermill_run
from runbook_lib.systems.db.access import connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from nbformat import NotebookNode

    from runbook_lib.journal import Run
    from runbook_lib.model import Database

CELL_SECONDS = 120
Ending = Literal["reversible", "irreversible", "inspects"]


@dataclass(frozen=True)
class RoundTrip:
    """One notebook on one kind of database.

    Attributes:
        name: The procedure.
        backend: The database's name and version, for messages.
        databases: The URLs of the fixture's databases; None creates SQLite files.
        target: The file for the executed notebook.
    """

    name: str
    backend: str
    databases: Mapping[Database, str] | None
    target: Path


class _UndoRefusedError(Exception):
    """All cells of the notebook passed except the undo, which was refused."""


def _inspect(job: RoundTrip) -> None:
    """Run one notebook that only inspects, in a separate home.

    Raises:
        Refused: It failed, changed a row or object, or added a run to the journal.
    """
    with _home() as home:
        place = practice.prepare(home, databases=job.databases)
        before = _everything(place, job)
        _executed(job)
        _check_same(job, before, _everything(place, job), log_grows=False)
        if Journal(Settings(home=home).journal_folder).runs():
            raise Refused(
                what=f"{job.name} on {job.backend} only inspects, and the journal has a run of it",
                next_step="a notebook that only inspects calls run.inspect() and nothing else",
            )


def run(job: RoundTrip) -> Ending:
    """Run one notebook in a separate home, and return the ending of its round trip.

    A notebook whose changes are all irreversible must refuse its undo. On SQLite, where the executed notebook becomes
    a page, it is then run once more without an undo.

    Raises:
        Refused: It failed, applied nothing, did not undo reversible changes, or left a difference after its undo.
    """
    if procedures.find(job.name).inspects:
        _inspect(job)
        return "inspects"
    with _home() as home:
        place = practice.prepare(home, databases=job.databases)
        before = _everything(place, job)  # before any code of the procedure, so that a plan that writes is reported too
        try:
            notebook = _executed(job, **_controls(undo=True))
        except _UndoRefusedError as error:
            _check_irreversible(job, home, str(error))
        else:
            done = _applied(job, notebook, home, runs=2)
            _check_same(job, before, _everything(place, job), log_grows=done.plan.is_logged_outside)
            return "irreversible" if done.plan.irreversible else "reversible"
    if not job.databases:
        with _home() as home:
            practice.prepare(home)
            _applied(job, _executed(job, **_controls(undo=False)), home, runs=1)
    return "irreversible"


def _applied(job: RoundTrip, notebook: NotebookNode, home: Path, *, runs: int) -> Run:
    """Return the first run of a completely executed notebook.

    Raises:
        Refused: The journal has another number of runs, or a run that was not applied.
    """
    recorded = Journal(Settings(home=home).journal_folder).runs()
    states = [run.state for run in recorded]
    if not papermill_run.run_of(notebook) or states != ["applied"] * runs:
        raise Refused(
            what=f"{job.name} on {job.backend} did not apply and undo its changes",
            why=f"the journal has the states {states}",
            next_step="give the example values of its Params something to do in practice mode",
        )
    return recorded[0]


def _check_same(job: RoundTrip, before: dict[str, Any], after: dict[str, Any], *, log_grows: bool) -> None:
    when = "after its undo" if procedures.find(job.name).plans else "though it only inspects"
    if differences := dump.differences(before, after, log_grows=log_grows):
        raise Refused(
            what=f"{job.name} on {job.backend} left something different {when}: {', '.join(differences)}",
            next_step="fix the procedure: its changes, or their inverse",
        )


def _check_irreversible(job: RoundTrip, home: Path, refusal: str) -> None:
    if any(change.reversible for run in Journal(Settings(home=home).journal_folder).runs() for change in run.receipt):
        raise Refused(
            what=f"{job.name} on {job.backend} was not undone, though it can be: {refusal}",
            next_step="fix the procedure's changes or their inverse",
        )


def _controls(*, undo: bool) -> dict[str, Any]:
    return {"apply": True, "reason": "notebook check in practice mode", "undo": undo}


def _executed(job: RoundTrip, **controls: Any) -> NotebookNode:
    """Run one notebook as plain papermill does.

    Raises:
        Refused: A cell failed or took too long, or the kernel died.
        _UndoRefusedError: The undo cell failed.
    """
    procedure = procedures.find(job.name)
    try:
        notebook: NotebookNode = papermill.execute_notebook(
            notebook_files.read(notebook_files.path(job.name)),  # as the pages need it
            str(job.target),
            {**procedure.practice_example, **controls},
            progress_bar=False,
            execution_timeout=CELL_SECONDS,
        )
    except PapermillExecutionError as error:
        if controls.get("undo") and error.ename == CannotUndo.__name__:
            raise _UndoRefusedError(error.evalue) from error
        cause = f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        cause = "its kernel died"
    except CellTimeoutError:
        cause = f"a cell took longer than {CELL_SECONDS} s"
    else:
        return notebook
    raise Refused(
        what=f"{job.name} failed on {job.backend}: {cause}",
        next_step=f"read the executed notebook: {job.target}",
    )


def _everything(place: Path, job: RoundTrip) -> dict[str, Any]:
    """Return every row of both databases and every object of the stand-ins."""
    connection.connect(job.databases or build.urls(place), application_name="runbook check-notebooks")
    try:
        return {**cast("dict[str, Any]", dump.dump()), **practice.objects(place)}
    finally:
        connection.close()


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """Yield a new ``RUNBOOK_HOME``. Inside, practice mode is chosen, and only the procedures' folder stays set."""
    saved, own = dict(os.environ), settings.procedures_dir()
    with tempfile.TemporaryDirectory(prefix="rb-") as folder:
        for name in saved:
            if name.startswith("RUNBOOK_"):
                del os.environ[name]
        os.environ |= {"RUNBOOK_HOME": folder, "RUNBOOK_SITE": PRACTICE}
        os.environ |= {"RUNBOOK_PROCEDURES_DIR": str(own)} if own else {}
        try:
            yield Path(folder)
        finally:
            os.environ.clear()
            os.environ.update(saved)
