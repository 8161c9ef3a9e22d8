"""Trees of log files that tests write."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.systems.logs import LogMatches, Logs, Query

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "atmosphere-INFO [/opt/dev/atmosphere/service/x.py 42]"


def line(time: str, text: str) -> str:
    """Return a line in Atmosphere's format with a local time such as ``2026-01-15 05:00:00``."""
    return f"{time},000 {HEAD} {text}\n"


@dataclass(frozen=True)
class Tree:
    """A folder of logs.

    Attributes:
        folder: The folder of RUNBOOK_LOG_DIR.
    """

    folder: Path

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file, compressed if its name ends in ``.gz``."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode() if isinstance(text, str) else text
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    def find(self, text: str = "", *, zone: str = "America/Phoenix", **query: Any) -> LogMatches:
        """Search the folder."""
        return Logs(self.folder, zone=zone).find(Query(text, **query))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return an empty folder of logs, with a space in its name."""
    folder = tmp_path / "the logs"
    folder.mkdir()
    return Tree(folder)
