"""The doctor and the logs: where they are, of which systems, and what is wrong with the folder."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib import doctor

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench


def found(world: World, bench: Bench, folder: Path | None) -> doctor.Finding:
    """Return what the doctor says of the logs in a folder."""
    world.endpoints = dataclasses.replace(world.endpoints, log_dir=folder)
    world._opened.pop("logs", None)  # opened once, and kept
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "logs")


def test_the_fixture_has_logs(world: World, bench: Bench) -> None:
    """The folder, its zone, the number of files and the systems are told."""
    folder = world.endpoints.log_dir
    finding = found(world, bench, folder)

    assert "ok" == finding.state
    assert finding.what.startswith(f"{folder} (America/Phoenix), ")
    assert finding.what.endswith(" files of atmosphere, celery, troposphere")


def test_without_the_setting_it_says_so(world: World, bench: Bench) -> None:
    """Not configured is no problem."""
    finding = found(world, bench, None)
    assert ("not configured", "set RUNBOOK_LOG_DIR to use it") == (finding.state, finding.next_step)


def test_a_folder_without_logs_is_a_problem(world: World, bench: Bench, tmp_path: Path) -> None:
    """A missing folder and one that holds something else are told apart."""
    (tmp_path / "empty").mkdir()
    missing, empty = (found(world, bench, tmp_path / name) for name in ("missing", "empty"))

    assert ("not reachable", "wrong") == (missing.state, empty.state)
    assert "No such file or directory" in missing.what
    assert "it holds no log that is known" in empty.what
