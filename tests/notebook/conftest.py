"""A place of its own for every run of papermill."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from runbook_lib.fixture import build
from tests.notebook.checkout import Checkout
from tests.notebook.papermill_process import CHECKOUT, Mill

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def mill(tmp_path: Path) -> Mill:
    """Return a place where nothing is configured: everything runs on the fixture."""
    return Mill(tmp_path)


@pytest.fixture
def real(tmp_path: Path) -> Mill:
    """Return a place where both databases are configured, as real ones are; they are copies of the fixture's."""
    urls = build.copy_to(tmp_path / "databases")
    named = {f"RUNBOOK_{name.upper()}_DB": url for name, url in urls.items()}
    return Mill(tmp_path, named)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a sound copy of the package and the notebooks."""
    for name in ("runbook_lib", "notebooks"):
        shutil.copytree(CHECKOUT / name, tmp_path / "copy" / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Checkout(tmp_path / "copy")
