"""`connect`: the real systems if settings name any, practice mode otherwise."""

from __future__ import annotations

import getpass
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect
from runbook_lib.config import settings
from runbook_lib.fixture import build
from runbook_lib.model.practice import is_practice
from runbook_lib.render.plan import PRACTICE, target_sentence

if TYPE_CHECKING:
    from pathlib import Path

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
    """Practice mode has a flag of its own; one configured system is enough to leave it."""
    with connect.open_world(settings.load(), operator="tester@host") as world:
        assert is_practice(world.targets())

    monkeypatch.setenv("RUNBOOK_LOG_DIR", str(tmp_path))
    with connect.open_world(settings.load(), operator="tester@host") as world:
        assert ["logs"] == list(world.targets())


@pytest.mark.parametrize("name", ["fixture", "practice", "sample data"])
def test_no_name_makes_a_real_run_look_like_practice_mode(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A cloud or a host can have any name: the flag is a key, and only the library sets keys."""
    monkeypatch.setenv("RUNBOOK_CLOUDS", f"4={name}")
    monkeypatch.setenv("RUNBOOK_HOST_EXEC", name)

    with connect.open_world(settings.load(), operator="tester@host") as world:
        assert not is_practice(world.targets())
        assert PRACTICE not in target_sentence(world.targets())


def test_operator_is_user_and_host() -> None:
    """The journal and the databases' other sessions see ``user@host``."""
    assert f"{getpass.getuser()}@{socket.gethostname()}" == connect.operator()


def test_messages_of_libraries_are_not_printed() -> None:
    """They can contain secrets, such as the output of a program of kubeconfig."""
    script = """
import logging
from pathlib import Path
from runbook_lib import connect
from runbook_lib.config.settings import Settings

with connect.open_world(Settings(log_dir=Path("/nonexistent")), operator="me@here"):
    logging.error("x9-secret")
    logging.getLogger("urllib3").warning("x9-secret")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ("", "") == (done.stdout, done.stderr)
