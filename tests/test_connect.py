"""The front door: the real systems where settings name any, practice mode otherwise."""

from __future__ import annotations

import getpass
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

from runbook_lib import connect
from runbook_lib.config import settings
from runbook_lib.fixture import build, practice

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

OPENED = """
import sys
from runbook_lib import connect
from runbook_lib.config import settings
with connect.open_world(settings.load(), operator=connect.operator(), procedure="test") as world:
    world.now()
print(*sorted(name for name in sys.modules if name.startswith("runbook_lib.fixture")))
"""


def fixture_modules() -> list[str]:
    """Return the modules of the fixture that a process has after it opened its world."""
    return subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True, check=True).stdout.split()


def test_real_systems_need_no_module_of_the_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A world of real systems is opened without the fixture being imported; practice mode imports it."""
    assert "runbook_lib.fixture.practice" in fixture_modules()

    monkeypatch.setenv("RUNBOOK_ATMOSPHERE_DB", build.copy_to(tmp_path / "real")["atmosphere"])
    assert [] == fixture_modules()


def test_targets_are_those_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Practice mode names the fixture; one configured system is enough to leave it."""
    with connect.open_world(settings.load(), operator="tester@host") as world:
        assert {practice.FIXTURE} == set(world.targets().values())

    monkeypatch.setenv("RUNBOOK_LOG_DIR", str(tmp_path))
    with connect.open_world(settings.load(), operator="tester@host") as world:
        assert ["logs"] == list(world.targets())


def test_the_operator_is_user_and_host() -> None:
    """The journal and the databases' other sessions see ``user@host``."""
    assert f"{getpass.getuser()}@{socket.gethostname()}" == connect.operator()
