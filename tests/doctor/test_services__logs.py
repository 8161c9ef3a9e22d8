"""The finding of the logs: the folder, the systems, or the folder's problem."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib import doctor

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench


def log_finding(world: World, bench: Bench, folder: Path | None) -> doctor.Finding:
    """Return the finding for the logs in a folder."""
    world.endpoints = dataclasses.replace(world.endpoints, log_dir=folder)
    world._opened.pop("logs", None)  # the gateway is cached
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "logs")


def test_fixture_logs_are_ok(world: World, bench: Bench) -> None:
    """The finding has the folder, its time zone, the number of files and the systems."""
    folder = world.endpoints.log_dir
    finding = log_finding(world, bench, folder)

    assert "ok" == finding.state
    assert finding.what.startswith(f"{folder} (America/Phoenix), ")
    assert finding.what.endswith(" files of atmosphere, celery, troposphere")


def test_unconfigured_logs_are_not_a_problem(world: World, bench: Bench) -> None:
    """The finding names the variable."""
    finding = log_finding(world, bench, None)
    assert ("not configured", "set RUNBOOK_LOG_DIR to use it") == (finding.state, finding.next_step)


def test_folder_without_logs_is_a_problem(world: World, bench: Bench, tmp_path: Path) -> None:
    """A missing folder and one with other files have different states."""
    (tmp_path / "empty").mkdir()
    missing, empty = (log_finding(world, bench, tmp_path / name) for name in ("missing", "empty"))

    assert ("not reachable", "wrong") == (missing.state, empty.state)
    assert "No such file or directory" in missing.what
    assert "it contains no known log" in empty.what
