"""The doctor finds records and keys that other users can reach, and prints the command that cures it."""

from __future__ import annotations

import dataclasses
import shlex
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config.settings import Settings
from runbook_lib.doctor import home as examination

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.doctor import Finding


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return a real site with a private home, a journal with its head, a plan, a lock and keys."""
    made = Settings(
        home=tmp_path / "home",
        atmosphere_db="postgresql://db/atmo",
        journal_head=tmp_path / "state",
        signing_key=tmp_path / "key",
        allowed_signers=tmp_path / "signers",
    )
    for file in (made.home / "plans" / "1.json", made.home / "runs" / "1.lock", made.home / "journal.jsonl"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    made.journal_head.mkdir()
    for file in (made.journal_head_file, tmp_path / "key", tmp_path / "signers"):
        file.touch()
    for path in tmp_path.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return made


def examine(settings: Settings) -> dict[str, Finding]:
    """Return the findings by name."""
    return {finding.system: finding for finding in examination.examine(settings)}


def test_private_files_are_ok(settings: Settings) -> None:
    """Each file that is configured has a finding."""
    names = ["RUNBOOK_HOME", "RUNBOOK_JOURNAL_HEAD", "RUNBOOK_SIGNING_KEY", "RUNBOOK_ALLOWED_SIGNERS"]

    assert dict.fromkeys(names, "ok") == {name: finding.state for name, finding in examine(settings).items()}


@pytest.mark.parametrize(
    ("path", "mode", "system"),
    [
        ("home", 0o777, "RUNBOOK_HOME"),
        ("home", 0o770, "RUNBOOK_HOME"),
        ("home/plans", 0o702, "RUNBOOK_HOME"),
        ("home/runs", 0o720, "RUNBOOK_HOME"),
        ("state", 0o703, "RUNBOOK_JOURNAL_HEAD"),
        ("key", 0o640, "RUNBOOK_SIGNING_KEY"),
        ("key", 0o604, "RUNBOOK_SIGNING_KEY"),
        ("signers", 0o602, "RUNBOOK_ALLOWED_SIGNERS"),
        ("signers", 0o660, "RUNBOOK_ALLOWED_SIGNERS"),
    ],
)
def test_mode_that_lets_others_in_is_found_and_cured(
    settings: Settings, tmp_path: Path, path: str, mode: int, system: str
) -> None:
    """The finding names the path and its mode; its command makes it ok."""
    (tmp_path / path).chmod(mode)

    finding = examine(settings)[system]
    assert "wrong" == finding.state
    assert f"{tmp_path / path} ({mode:04o})" in finding.what

    subprocess.run(shlex.split(finding.next_step), check=True)
    assert "ok" == examine(settings)[system].state


@pytest.mark.parametrize("record", ["journal.jsonl", "plans/1.json", "runs/1.lock"])
def test_readable_record_counts_only_where_others_can_enter(settings: Settings, record: str) -> None:
    """A private home protects every file in it."""
    (settings.home / record).chmod(0o644)
    assert "ok" == examine(settings)["RUNBOOK_HOME"].state

    settings.home.chmod(0o755)
    assert f"{settings.home / record} (0644)" in examine(settings)["RUNBOOK_HOME"].what


def test_shared_home_belongs_to_its_group_alone(settings: Settings) -> None:
    """The group may write; other users may not, and the command keeps the group's rights."""
    settings.home.chmod(0o2770)
    (settings.home / "journal.jsonl").chmod(0o660)
    assert "ok" == examine(settings)["RUNBOOK_HOME"].state

    settings.home.chmod(0o2775)
    (settings.home / "journal.jsonl").chmod(0o664)
    finding = examine(settings)["RUNBOOK_HOME"]
    assert "journal.jsonl (0664)" in finding.what
    subprocess.run(shlex.split(finding.next_step), check=True)
    assert "ok" == examine(settings)["RUNBOOK_HOME"].state
    assert 0o2770 == stat.S_IMODE(settings.home.stat().st_mode)


def test_linked_journal_is_found(settings: Settings, tmp_path: Path) -> None:
    """It can lead to a file of somebody else."""
    journal = settings.home / "journal.jsonl"
    journal.unlink()
    journal.symlink_to(tmp_path / "elsewhere")

    finding = examine(settings)["RUNBOOK_HOME"]
    assert ("wrong", f"find out who made it: ls -l {journal}") == (finding.state, finding.next_step)


def test_missing_key_is_found(settings: Settings, tmp_path: Path) -> None:
    """A public key may be readable: its private key is in an agent."""
    assert settings.signing_key
    settings.signing_key.rename(tmp_path / "key.pub")
    assert "wrong" == examine(settings)["RUNBOOK_SIGNING_KEY"].state

    (tmp_path / "key.pub").chmod(0o644)
    public = dataclasses.replace(settings, signing_key=tmp_path / "key.pub")
    assert "ok" == examine(public)["RUNBOOK_SIGNING_KEY"].state
