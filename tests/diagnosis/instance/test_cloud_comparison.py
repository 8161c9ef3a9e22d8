"""The comparison of instances with servers, as plain values: the status that Atmosphere records, and the order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runbook_lib.diagnosis.instance import cloud_comparison
from runbook_lib.systems.db.queries.provider_instances import ProviderInstance
from runbook_lib.systems.openstack.server import Server

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
SERVER = Server(
    id="a",
    name="a",
    status="ACTIVE",
    task_state="",
    vm_state="active",
    power_state="running",
    created=EARLIER,
    updated=EARLIER,
    launched_at=EARLIER,
    project_id="p",
    user_id="u",
    flavor_id="f",
    image_id="i",
)
INSTANCE = ProviderInstance("a", "a", "joetest", has_identity=True, started=EARLIER, status="active", since=EARLIER)


@pytest.mark.parametrize(
    ("status", "task", "tmp_status", "expected"),
    [
        ("ACTIVE", "", "", "active"),
        ("ACTIVE", "", "networking", "networking"),
        ("ACTIVE", "", "running_boot_script #2/3", "deploying"),
        ("ACTIVE", "", "boot_script_error", "deploy_error"),
        ("ACTIVE", "", "user_deploy_error", "active"),
        ("ACTIVE", "suspending", "deploying", "suspended"),
        ("ACTIVE", "image_uploading", "", "active"),
        ("SHUTOFF", "", "deploy_error", "shutoff"),
        ("BUILD", "spawning", "", "build"),
        ("SHELVED_OFFLOADED", "unshelving", "", "shelved_offloaded"),
    ],
)
def test_expected_status_is_upstreams(status: str, task: str, tmp_status: str, expected: str) -> None:
    """A task or the metadata counts for an active server only.

    Source: core/models/instance.py:615-695 of Atmosphere v37-5.
    """
    server = replace(SERVER, status=status, task_state=task, metadata={"tmp_status": tmp_status})

    assert expected == cloud_comparison.expected_status(server)


def test_equal_states_do_not_differ() -> None:
    """The case of the status does not count."""
    recorded = [replace(INSTANCE, status="Active")]

    assert [] == cloud_comparison.compare(recorded, {"a": SERVER}, absent={}, others={}, now=NOW)


def test_server_that_is_looked_up_does_not_differ() -> None:
    """Nova's list omits the servers of a cell that is down."""
    assert [] == cloud_comparison.compare([INSTANCE], {}, absent={"a": False}, others={}, now=NOW)


def test_worst_kind_comes_first() -> None:
    """Of one kind, the oldest."""
    recorded = [
        INSTANCE,
        replace(INSTANCE, instance_id="b", since=NOW),
        replace(INSTANCE, instance_id="c", since=EARLIER),
    ]
    servers = {"a": replace(SERVER, status="ERROR"), "d": replace(SERVER, id="d"), "e": replace(SERVER, id="e")}

    rows = cloud_comparison.compare(
        recorded, servers, absent={"b": True, "c": True}, others={"e": ("joetest", EARLIER)}, now=NOW
    )

    assert [
        ("gone from the cloud", "c"),
        ("gone from the cloud", "b"),
        ("ended, but in the cloud", "e"),
        ("unknown to Atmosphere", "d"),
        ("status differs", "a"),
    ] == [(row.kind, row.instance_id) for row in rows]
