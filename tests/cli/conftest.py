"""The command line on a private copy of the fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.test_main import Terminal

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def runbook(capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Return the command line, on a private copy of the fixture that is made at the first use."""
    return Terminal(capsys)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return the RUNBOOK_HOME that the test's commands use."""
    return tmp_path / "home"
