"""A process that applies a saved plan and is stopped by a signal at one point of the run, without any cleanup."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from typing import TYPE_CHECKING

from runbook_lib import connect, engine, procedures
from runbook_lib.config.settings import Settings
from runbook_lib.journal.saved_plans import SavedPlans

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["runbook_lib.fixture.practice", "runbook_lib.systems.openstack.sdk", "tests.engine.killed_process"]
)


def start(home: Path, plan_id: str, *, at: int, by: signal.Signals = signal.SIGKILL) -> ForkServerProcess:
    """Start a process that applies this plan and sends itself a signal at the point with this number, from 0."""
    process = _context.Process(target=_apply, args=(home, plan_id, at, by))
    process.start()
    return process


def wait_until_stopped(process: ForkServerProcess) -> None:
    """Return when a process has stopped itself.

    Raises:
        TimeoutError: It did not within a minute.
    """
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with open(f"/proc/{process.pid}/stat") as stream:  # noqa: PTH123 - no file of ours
            if stream.read().rpartition(")")[2].split()[0] == "T":
                return
        time.sleep(0.02)
    raise TimeoutError(f"process {process.pid} did not stop")


def _apply(home: Path, plan_id: str, at: int, by: signal.Signals) -> None:
    numbers = itertools.count()

    def watch(_point: str) -> None:
        if next(numbers) == at:
            os.kill(os.getpid(), by)

    with connect.open_world(Settings(home=home), operator="victim@host") as world:
        plan = SavedPlans(home).load(plan_id)
        engine.apply(
            world,
            plan,
            journal=connect.open_journal(Settings(home=home)),
            reason="to be cut off",
            operator="victim@host",
            watch=watch,
            find=procedures.find,
            policy=engine.Policy(),
        )
