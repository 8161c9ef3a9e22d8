"""Run notebooks on the fixture with papermill, plan → apply → verify → undo, and say when each was seen to work."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from runbook_lib import registry
from runbook_lib.db import connection
from runbook_lib.errors import Refused
from runbook_lib.fixture import build, dump, practice
from runbook_lib.fixture.server import FixtureServer
from runbook_lib.journal import Journal
from runbook_lib.notebook import anatomy, execution, round_trip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from nbformat import NotebookNode

    from runbook_lib.changes import Database
    from runbook_lib.registry import Procedure

STAMPS = "stamps.json"
UNVERIFIED = "unverified"  # a folder beside the stamps: what was run and has not passed
CELL_SECONDS = 120


@dataclass(frozen=True)
class _Job:
    """One notebook on one kind of database.

    Attributes:
        name: The procedure.
        backend: The database's name and version in words.
        databases: The fixture's databases; None makes SQLite files.
        target: Where the executed notebook goes.
    """

    name: str
    backend: str
    databases: Mapping[Database, str] | None
    target: Path


def verify(
    names: Sequence[str], executed: Path, *, server: str | None, tell: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Run these notebooks on SQLite, and with `server` on PostgreSQL too, and return their stamps.

    Writes ``NAME.ipynb`` (the run on SQLite) and ``stamps.json`` into `executed`, when all of them passed. Otherwise
    the files there stay as they were, and what was run is in its folder ``unverified``.

    Raises:
        Refused: A notebook is not built as it should be, failed, applied nothing, or left anything different after its
            undo; every notebook is named.
        NotConnected: `server` can't be used.
    """
    procedures = [registry.find(name) for name in dict.fromkeys(names)]
    anatomy.check(procedures)
    draft = executed / UNVERIFIED
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    sqlite = f"SQLite {sqlite3.sqlite_version}"
    build.template()  # before the workers, which would all build it
    with contextlib.ExitStack() as stack:
        jobs = [_Job(p.name, sqlite, None, draft / f"{p.name}.ipynb") for p in procedures]
        if server:
            there = stack.enter_context(FixtureServer(server))
            jobs += [
                _Job(p.name, there.version, there.copy(p.name), draft / f"{p.name}-postgresql.ipynb")
                for p in procedures
            ]
        reversible = _run_all(jobs, tell=tell)
    for procedure in procedures:
        (draft / f"{procedure.name}.ipynb").replace(executed / f"{procedure.name}.ipynb")
    shutil.rmtree(draft)
    backends = list(dict.fromkeys(job.backend for job in jobs))
    return _stamp(executed / STAMPS, procedures, reversible=reversible, backends=backends)


def _run_all(jobs: Sequence[_Job], *, tell: Callable[[str], None]) -> dict[str, bool]:
    """Run every job, in as many processes as there are cores; return procedure → whether all could be taken back.

    Raises:
        Refused: With every job that failed.
    """
    spawn = multiprocessing.get_context("spawn")
    reversible: dict[str, bool] = {}
    failed: list[Refused] = []
    with concurrent.futures.ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=spawn) as pool:
        for job, future in [(job, pool.submit(_run, job)) for job in jobs]:
            try:
                reversible[job.name] = future.result()
            except Refused as error:
                failed.append(error)
            else:
                ending = "taken back" if reversible[job.name] else "what can't be taken back was refused"
                tell(f"{job.name} on {job.backend}: planned, applied, verified, {ending}")
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise Refused(
            what="; ".join(error.what for error in failed),
            why="; ".join(dict.fromkeys(error.why for error in failed if error.why)),
            next_step="; ".join(dict.fromkeys(error.next_step for error in failed)),
        )
    return reversible


def stamps(executed: Path) -> dict[str, dict[str, Any]]:
    """Return procedure → ``minutes``, ``reversible`` and ``verified`` of all notebooks verified into this folder."""
    path = executed / STAMPS
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _run(job: _Job) -> bool:
    """Run one notebook in a home of its own; return whether everything it did could be taken back."""
    procedure = registry.find(job.name)
    with tempfile.TemporaryDirectory(prefix="rb-") as folder, _environment({"RUNBOOK_HOME": folder}):
        home = Path(folder)
        place = practice.prepare(home, databases=job.databases)
        undo = round_trip.can_be_undone(procedure, home)
        before = _everything(place, job)
        notebook = _executed(job, _parameters(procedure, undo=undo))
        runs = Journal(home).runs()
        if not execution.run_of(notebook) or [run.state for run in runs] != ["applied"] * (1 + undo):
            raise Refused(
                what=f"{job.name} on {job.backend} did not apply and take back its changes",
                why=f"the journal has the states {[run.state for run in runs]}",
                next_step="give the example values of its Params something to do on the fixture",
            )
        if not undo:
            round_trip.check_undo_is_refused(procedure, home, runs[0].run_id)
        elif differences := dump.differences(before, _everything(place, job), log_grows=runs[0].plan.calls_the_api):
            raise Refused(
                what=f"{job.name} on {job.backend} left something different after its undo: {', '.join(differences)}",
                next_step="mend the procedure's changes or their inverse",
            )
        return not runs[0].plan.irreversible


def _executed(job: _Job, parameters: Mapping[str, Any]) -> NotebookNode:
    """Run one notebook as plain papermill does.

    Raises:
        Refused: A cell failed or took too long, or the kernel died.
    """
    try:
        notebook: NotebookNode = papermill.execute_notebook(
            f"{_scheme()}{job.name}.ipynb",
            str(job.target),
            dict(parameters),
            progress_bar=False,
            execution_timeout=CELL_SECONDS,
        )
    except PapermillExecutionError as error:
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


def _parameters(procedure: Procedure, *, undo: bool) -> dict[str, Any]:
    return {**procedure.example, "apply": True, "reason": "verification on the fixture", "undo": undo}


def _everything(place: Path, job: _Job) -> dict[str, Any]:
    """Return every row of both databases and every object of the stand-ins."""
    connection.connect(job.databases or build.urls(place), application_name="runbook verify")
    try:
        return {**cast("dict[str, Any]", dump.dump()), **practice.objects(place)}
    finally:
        connection.close()


def _stamp(
    path: Path, procedures: Sequence[Procedure], *, reversible: Mapping[str, bool], backends: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Write the stamps of these procedures beside the ones that are there, and return all."""
    known = stamps(path.parent)
    verified = {"commit": _commit(), "date": datetime.now(UTC).date().isoformat(), "databases": list(backends)}
    for procedure in procedures:
        facts = {"minutes": procedure.minutes, "reversible": reversible[procedure.name], "verified": verified}
        known[procedure.name] = facts
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    return known


def _commit() -> str:
    """Return the checkout's commit, or nothing outside of one."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed words
    except (OSError, subprocess.CalledProcessError):
        return ""


def _scheme() -> str:
    from runbook_lib.notebook.papermill_io import SCHEME  # noqa: PLC0415 - papermill has loaded it by now

    return SCHEME


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Replace every RUNBOOK_ variable by these, so that nothing real can be reached, until left."""
    saved = dict(os.environ)
    for name in saved:
        if name.startswith("RUNBOOK_"):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)
