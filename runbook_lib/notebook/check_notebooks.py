"""Run notebooks in practice mode, in parallel. If all pass, publish them with a stamp of the verification."""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.process
import contextlib
import json
import multiprocessing
import os
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbook_lib import procedures
from runbook_lib.errors import Refused
from runbook_lib.fixture import build
from runbook_lib.fixture.postgres import FixtureServer
from runbook_lib.notebook import anatomy
from runbook_lib.notebook.round_trip import Ending, RoundTrip, run
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.model.procedure import Procedure

STAMPS = "stamps.json"
_ENDINGS: Mapping[Ending, str] = {
    "reversible": "planned, applied, verified, undone",
    "irreversible": "planned, applied, verified; undo correctly refused",
    "inspects": "inspected, changed nothing",
}
UNPUBLISHED = "unpublished"  # a folder next to the stamps: the notebooks of a check that did not pass


def check_notebooks(
    names: Sequence[str], executed: Path, *, server: str, report: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Run these notebooks on SQLite, and with `server` on PostgreSQL too, and return all stamps.

    If all pass, write ``NAME.ipynb`` (the run on SQLite) and ``stamps.json`` into `executed`. Otherwise, the files
    there stay unchanged, and the folder ``unpublished`` in it has the executed notebooks.

    Args:
        names: The procedures.
        executed: The folder of the results.
        server: URL of a PostgreSQL server; empty for SQLite alone.
        report: Receives one line per notebook that passed.

    Raises:
        Refused: A notebook is malformed, failed, applied nothing, or left a difference after its undo. The error names
            every such notebook.
        NotConnected: `server` is unreachable or not usable.
    """
    chosen = [procedures.find(name) for name in dict.fromkeys(names)]
    anatomy.check(chosen)
    draft = executed / UNPUBLISHED
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    sqlite = f"SQLite {sqlite3.sqlite_version}"
    build.template()  # before the workers start, because each would build it
    with contextlib.ExitStack() as stack:
        jobs = [RoundTrip(p.name, sqlite, None, draft / f"{p.name}.ipynb") for p in chosen]
        if server:
            postgres = stack.enter_context(FixtureServer(server))
            jobs += [
                RoundTrip(p.name, postgres.version, postgres.copy(p.name), draft / f"{p.name}-postgresql.ipynb")
                for p in chosen
            ]
        endings = _run_all(jobs, report=report)
    for procedure in chosen:
        (draft / f"{procedure.name}.ipynb").replace(executed / f"{procedure.name}.ipynb")
    shutil.rmtree(draft)
    backends = list(dict.fromkeys(job.backend for job in jobs))
    return _stamp(executed / STAMPS, chosen, endings=endings, backends=backends)


def _run_all(jobs: Sequence[RoundTrip], *, report: Callable[[str], None]) -> dict[str, Ending]:
    """Run every job, in one process per core; return procedure → the ending of its round trip.

    Raises:
        Refused: A job failed. The error names every such job.
    """
    spawn = multiprocessing.get_context("spawn")
    endings: dict[str, Ending] = {}
    failed: list[Refused] = []
    with concurrent.futures.ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=spawn) as pool:
        for job, future in [(job, pool.submit(run, job)) for job in jobs]:
            try:
                endings[job.name] = future.result()
            except Refused as error:
                failed.append(error)
            except concurrent.futures.process.BrokenProcessPool:
                failed.append(
                    Refused(
                        what=f"{job.name} on {job.backend} was interrupted: a process of the check died",
                        next_step=f"check one at a time: {commands.check_notebooks('PROCEDURE')}",
                    )
                )
            else:
                report(f"{job.name} on {job.backend}: {_ENDINGS[endings[job.name]]}")
    if len(failed) == 1:
        raise failed[0]
    if failed:
        raise Refused(
            what="; ".join(error.what for error in failed),
            why="; ".join(dict.fromkeys(error.why for error in failed if error.why)),
            next_step="; ".join(dict.fromkeys(error.next_step for error in failed)),
        )
    return endings


def stamps(executed: Path) -> dict[str, dict[str, Any]]:
    """Return procedure → ``minutes``, ``reversible`` or ``inspects``, and ``verified``, for all that passed."""
    path = executed / STAMPS
    stored: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return stored


def _stamp(
    path: Path, chosen: Sequence[Procedure], *, endings: Mapping[str, Ending], backends: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Add the stamps of these procedures to the stored ones, and return all."""
    all_stamps = stamps(path.parent)
    verified = {"commit": _commit(), "date": datetime.now(UTC).date().isoformat(), "databases": list(backends)}
    for procedure in chosen:
        ending = endings[procedure.name]
        undo = {"inspects": True} if ending == "inspects" else {"reversible": ending == "reversible"}
        all_stamps[procedure.name] = {"minutes": procedure.minutes, **undo, "verified": verified}
    path.write_text(json.dumps(all_stamps, indent=1, sort_keys=True) + "\n")
    return all_stamps


def _commit() -> str:
    """Return the checkout's commit; empty outside of a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed words
    except (OSError, subprocess.CalledProcessError):
        return ""
