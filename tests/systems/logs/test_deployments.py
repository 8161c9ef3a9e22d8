"""The deployments with saved logs: by user, instance and time, with the workflow's name, without reading a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import NotConnected, Refused
from runbook_lib.systems.logs import Logs

if TYPE_CHECKING:
    from pathlib import Path


def save(folder: Path, deployment: str, *names: str) -> None:
    """Make the unreadable files of one deployment."""
    for name in names:
        path = folder / "atmosphere" / "atmosphere_deploy.d" / deployment / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o000)


def test_each_folder_is_a_deployment(tmp_path: Path) -> None:
    """The newest comes first; the workflow's name is the shortest name that is not a playbook's."""
    save(tmp_path, "joetest/uuid-1/2026-01-14_120000", "b.yml.log", "a.yml.log", "wf-x.log", "wf-x-123.log")
    save(tmp_path, "zoë/uuid 2/2026-01-15_120000", "a.yml.log")

    second, first = Logs(tmp_path).deployments()

    assert ("joetest", "uuid-1", "2026-01-14_120000", "wf-x", ("a.yml", "b.yml")) == (
        first.username,
        first.instance_id,
        first.written,
        first.workflow,
        first.playbooks,
    )
    assert ("zoë/uuid 2/2026-01-15_120000", "") == (second.folder, second.workflow)


def test_old_deployments_can_be_omitted(tmp_path: Path) -> None:
    """The folder's date decides."""
    save(tmp_path, "joetest/uuid-1/2026-01-01_120000", "a.yml.log")
    save(tmp_path, "joetest/uuid-1/2026-01-15_120000", "a.yml.log")

    deployments = Logs(tmp_path).deployments(since=datetime(2026, 1, 10, tzinfo=UTC))

    assert ["2026-01-15_120000"] == [deployment.written for deployment in deployments]


def test_list_beyond_the_time_limit_is_an_error(tmp_path: Path) -> None:
    """The error names the limit."""
    save(tmp_path, "joetest/uuid-1/2026-01-01_120000", "a.yml.log")
    passed = iter(range(0, 10_000, 15))

    with pytest.raises(NotConnected, match="was not complete within 20 s"):
        Logs(tmp_path, timer=lambda: next(passed)).deployments()


def test_missing_configuration_is_refused() -> None:
    """The error names the setting."""
    with pytest.raises(Refused, match="RUNBOOK_LOG_DIR"):
        Logs(None).deployments()
