"""Keys, and a signed journal; modules about simpler journals define their own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.journal.signed import OPERATOR, signed_journal
from tests.journal.test_journal import complete_run

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.journal import Journal


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the keys of the operator and of another user, and a list that allows the operator's."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("operator", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    (folder / "allowed").write_text(f"{OPERATOR} {(folder / 'operator.pub').read_text()}")
    return folder


@pytest.fixture
def journal(tmp_path: Path, keys: Path) -> Journal:
    """Return a signed journal of two runs with its head: six records."""
    made = signed_journal(tmp_path, keys)
    complete_run(made)
    complete_run(made)
    return made
