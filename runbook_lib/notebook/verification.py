"""Verify notebooks on the fixture, all at once, publish them when all passed, and say when each was seen to work."""

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
from runbook_lib.notebook.round_trip import Ending, Job, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runbook_lib.model.procedure import Procedure

STAMPS = "stamps.json"
_ENDINGS: Mapping[Ending, str] = {
    "reversible": "planned, applied, verified, taken back",
    "irreversible": "planned, applied, verified, what can't be taken back was refused",
    "inspects": "inspected, changed nothing",
}
UNVERIFIED = "unverified"  # a folder beside the stamps: what was run and has not passed


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
    chosen = [procedures.find(name) for name in dict.fromkeys(names)]
    anatomy.check(chosen)
    draft = executed / UNVERIFIED
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    sqlite = f"SQLite {sqlite3.sqlite_version}"
    build.template()  # before the workers, which would all build it
    with contextlib.ExitStack() as stack:
        jobs = [Job(p.name, sqlite, None, draft / f"{p.name}.ipynb") for p in chosen]
        if server:
            there = stack.enter_context(FixtureServer(server))
            jobs += [
                Job(p.name, there.version, there.copy(p.name), draft / f"{p.name}-postgresql.ipynb") for p in chosen
            ]
        endings = _run_all(jobs, tell=tell)
    for procedure in chosen:
        (draft / f"{procedure.name}.ipynb").replace(executed / f"{procedure.name}.ipynb")
    shutil.rmtree(draft)
    backends = list(dict.fromkeys(job.backend for job in jobs))
    return _stamp(executed / STAMPS, chosen, endings=endings, backends=backends)


def _run_all(jobs: Sequence[Job], *, tell: Callable[[str], None]) -> dict[str, Ending]:
    """Run every job, in as many processes as there are cores; return procedure → what became of what it did.

    Raises:
        Refused: With every job that failed.
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
                what = f"{job.name} on {job.backend} was not run to its end: a process of the verification died"
                failed.append(Refused(what=what, next_step="verify one procedure at a time to find the one that kills"))
            else:
                tell(f"{job.name} on {job.backend}: {_ENDINGS[endings[job.name]]}")
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
    """Return procedure → ``minutes``, ``reversible`` or ``looks``, and ``verified``, of all that were verified here."""
    path = executed / STAMPS
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def _stamp(
    path: Path, chosen: Sequence[Procedure], *, endings: Mapping[str, Ending], backends: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Write the stamps of these procedures beside the ones that are there, and return all."""
    known = stamps(path.parent)
    verified = {"commit": _commit(), "date": datetime.now(UTC).date().isoformat(), "databases": list(backends)}
    for procedure in chosen:
        ending = endings[procedure.name]
        undo = {"inspects": True} if ending == "inspects" else {"reversible": ending == "reversible"}
        known[procedure.name] = {"minutes": procedure.minutes, **undo, "verified": verified}
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
    return known


def _commit() -> str:
    """Return the checkout's commit, or nothing outside of one."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - fixed words
    except (OSError, subprocess.CalledProcessError):
        return ""
