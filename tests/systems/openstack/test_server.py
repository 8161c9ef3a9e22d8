"""The status and the activity of a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runbook_lib.systems.openstack import Server

TIME = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "task_state", "tmp_status", "activity", "stage"),
    [
        ("ACTIVE", "", "", "", "active"),
        ("ACTIVE", "", "networking", "networking", "active - networking"),
        ("ACTIVE", "", "odd - text", "odd - text", "active - odd - text"),
        ("ACTIVE", "rebooting", "networking", "rebooting", "active - rebooting"),
        ("BUILD", "spawning", "networking", "spawning", "build - spawning"),
        ("ERROR", "", "networking", "", "error"),
    ],
)
def test_activity_is_the_task_or_the_status_in_the_metadata(
    status: str, task_state: str, tmp_status: str, activity: str, stage: str
) -> None:
    """It is a field of its own, so a text with a dash stays intact."""
    metadata = {"tmp_status": tmp_status} if tmp_status else {}
    server = Server(
        "id", "name", status, task_state, "", "", TIME, TIME, None, "project", "user", "flavor", "", metadata=metadata
    )

    assert (activity, stage) == (server.activity, server.stage)
