"""A separate folder for every run of papermill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.fixture import build
from tests.notebook.papermill_process import PapermillProcess

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.fork_server import ForkServer


@pytest.fixture
def mill(tmp_path: Path, forks: ForkServer) -> PapermillProcess:
    """Return a place without configured systems: everything runs on the fixture."""
    return PapermillProcess(tmp_path, forks=forks)


@pytest.fixture
def real(tmp_path: Path, forks: ForkServer) -> PapermillProcess:
    """Return a place with both databases configured as real ones; they are copies of the fixture's."""
    urls = build.copy_to(tmp_path / "databases")
    named = {f"RUNBOOK_{name.upper()}_DB": url for name, url in urls.items()}
    return PapermillProcess(tmp_path, named, forks)
