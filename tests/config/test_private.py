"""Records are for their owner, or for the group that shares a folder; never behind a link, under any umask."""

from __future__ import annotations

import fcntl
import os
import stat
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config import private
from runbook_lib.errors import Refused
from runbook_lib.fixture import practice
from runbook_lib.journal import Journal
from runbook_lib.journal.saved_plans import SavedPlans
from tests.journal.test_journal import PLAN, complete_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _modes(folder: Path) -> dict[str, int]:
    paths = [folder, *folder.rglob("*")]
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}


def _write_records(home: Path) -> None:
    journal = Journal(home, head=home.parent / "heads" / "head.json")
    complete_run(journal)
    SavedPlans(home).save(PLAN)


@pytest.mark.usefixtures("_umask")
def test_home_is_private_to_its_owner(tmp_path: Path) -> None:
    """Folders have mode 0700 and files 0600, also the missing parents of the home."""
    _write_records(tmp_path / "new" / "home")

    modes = _modes(tmp_path / "new")
    assert {0o700} == {mode for name, mode in modes.items() if "." not in name}
    assert {0o600} == {mode for name, mode in modes.items() if "." in name}


@pytest.mark.usefixtures("_umask")
def test_shared_home_belongs_to_its_group(tmp_path: Path) -> None:
    """A set-group-ID folder that its group may write is a team's: files 0660, folders 2770."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o2770)
    _write_records(home)

    modes = _modes(home)
    assert {0o2770} == {mode for name, mode in modes.items() if "." not in name}
    assert {0o660} == {mode for name, mode in modes.items() if "." in name}


def test_world_writable_home_is_refused(tmp_path: Path) -> None:
    """Any user of the host could have written its records."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)

    with pytest.raises(Refused, match="writable by every user"):
        complete_run(Journal(home))


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_journal_that_is_not_a_file_is_refused(tmp_path: Path, kind: str) -> None:
    """It is neither read nor written, and the link's target is not created."""
    path, target = tmp_path / "home" / "journal.jsonl", tmp_path / "target"
    path.parent.mkdir()
    if kind == "link":
        target.write_text("")
    if kind.endswith("link"):
        path.symlink_to(target)
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)

    for act in (complete_run, Journal.runs, Journal.check):
        with pytest.raises(Refused):
            act(Journal(path.parent))
    assert target.exists() is (kind == "link")
    assert not target.exists() or not target.read_text()


def test_locked_journal_names_the_holder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait has a limit, and the process that holds the lock is named."""
    monkeypatch.setattr(private, "WAIT_SECONDS", 0.2)
    journal = Journal(tmp_path / "home")
    complete_run(journal)
    with journal.path.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(Refused, match=f"is locked by process {os.getpid()}"):
            complete_run(journal)


@pytest.mark.usefixtures("_umask")
def test_practice_mode_makes_a_private_home(tmp_path: Path) -> None:
    """A home that the umask left open to everybody would be refused afterwards."""
    practice.prepare(tmp_path / "home")

    assert {0o700} == {path.stat().st_mode & 0o777 for path in (tmp_path / "home", tmp_path / "home" / "practice")}
