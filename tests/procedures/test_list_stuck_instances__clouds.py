"""list_stuck_instances: the capacity of the clouds, and clouds that are missing, silent or not configured."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.model.system_id import System, SystemId
from runbook_lib.procedures import list_stuck_instances
from runbook_lib.systems.openstack.capacity import Hypervisor
from runbook_lib.world.ask import Answers
from runbook_lib.world.world import World
from tests.checks import check_inspection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Bench

NAME = "list_stuck_instances"


def table(inspection: Any, title: str) -> list[tuple[Any, ...]]:
    """Return the rows of the part with this title; none if it is missing."""
    return [row for part in inspection.parts if part.title == title for row in part.rows]


def listed(inspection: Any) -> dict[str, tuple[Any, ...]]:
    """Return the mapping from instance name to its row."""
    return {row[5]: row for row in table(inspection, "Instances, the latest first")}


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Iterator[Any]:
    """Return a function that makes a world on the same databases with its clouds at another port."""
    file = tmp_path / "clouds.yaml"
    opened: list[World] = []

    def at(port: int) -> World:
        auth = f"{{auth_url: 'http://127.0.0.1:{port}/v3', username: u, password: p, project_name: p}}"
        file.write_text(f"clouds: {{far: {{auth: {auth}, region_name: R}}}}\n")
        opened.append(World(replace(world.endpoints, clouds={4: "far"}, clouds_file=file)))
        return opened[-1]

    yield at
    for other in opened:
        other.clouds.close()


def test_cloud_that_is_not_configured_is_a_missing_source(world: World, bench: Bench) -> None:
    """The list is complete, and the missing source names the setting."""
    inspection = check_inspection(World(replace(world.endpoints, clouds={})), bench, NAME)

    assert ["nova:4"] == [gap.source for gap in inspection.gaps]
    assert "RUNBOOK_CLOUDS" in inspection.gaps[0].how
    assert 11 == len(listed(inspection))
    assert [] == [part for part in inspection.parts if part.title == "Capacity of the clouds"]


def test_unreachable_cloud_is_a_missing_source(bench: Bench, elsewhere: Any) -> None:
    """Its port is closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    inspection = check_inspection(elsewhere(port), bench, NAME)

    assert [("nova:4", True)] == [(gap.source, "cannot be reached" in gap.why) for gap in inspection.gaps]
    assert 11 == len(listed(inspection))


def test_unresponsive_cloud_is_a_missing_source(bench: Bench, elsewhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The port accepts the connection and never responds: the list comes after the time limit."""
    monkeypatch.setattr(list_stuck_instances, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        inspection = check_inspection(elsewhere(server.getsockname()[1]), bench, NAME)

    assert [("nova:4", True)] == [(gap.source, "within 0.5 s" in gap.why) for gap in inspection.gaps]
    assert 11 == len(listed(inspection))


def test_capacity_counts_only_hypervisors_in_use() -> None:
    """One that is down or disabled accepts no instance; the most free memory on one decides what can start."""

    def machine(name: str, *, up: bool = True, enabled: bool = True, used: int = 1000) -> Hypervisor:
        return Hypervisor(name, up, enabled, "", 8, 4, 16000, used, 100, 10, 2)

    machines = [machine("a", used=15000), machine("b", used=10000), machine("c", up=False), machine("d", enabled=False)]
    table_ = list_stuck_instances._room(Answers({SystemId(System.NOVA, 4): machines}, {}), {4: "4 IU", 5: "5 TACC"})

    assert (("4 IU", "2 of 4", "8 of 16", "25000 of 32000", 6000),) == table_.rows


def test_capacity_of_the_clouds_is_shown(world: World, bench: Bench) -> None:
    """Of the providers with an instance in error or build."""
    inspection = check_inspection(world, bench, NAME)

    rows = table(inspection, "Capacity of the clouds")
    assert [("4 Jetstream - Indiana University", "2 of 2")] == [row[:2] for row in rows]
    assert () == inspection.gaps


def test_account_without_admin_rights_is_a_missing_source(world: World, bench: Bench) -> None:
    """Nova rejects the request for its hypervisors; the missing source names the entry of clouds.yaml to change."""
    inspection = check_inspection(World(replace(world.endpoints, clouds={4: "fixture-4-member"})), bench, NAME)

    assert [("nova:4", True)] == [
        (gap.source, "rejected the request to list hypervisors" in gap.why) for gap in inspection.gaps
    ]
    assert "fixture-4-member" in inspection.gaps[0].how
    assert [] == table(inspection, "Capacity of the clouds")
