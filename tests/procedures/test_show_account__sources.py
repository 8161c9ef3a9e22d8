"""show_account with a missing, silent or refusing site or cloud: the rest is shown, with the missing source."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.diagnosis.account import evidence
from runbook_lib.errors import NotConnected, TargetNotFound
from runbook_lib.world.world import World
from tests.checks import check_inspection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Bench

NAME = "show_account"


def cloudy(inspection: Any) -> list[Any]:
    """Return the use in OpenStack, of every resource."""
    part = next(part for part in inspection.parts if part.title == "Quotas and usage")
    place = part.columns.index("used in OpenStack")
    return [row[place] for row in part.rows]


def test_missing_troposphere_leaves_the_rest(bench: Bench) -> None:
    """Its column is missing, and the missing source names the setting; the clouds are not configured either."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME, username="0042")

    assert ["troposphere", "nova:4", "nova:5"] == [gap.source for gap in inspection.gaps]
    assert "Troposphere did not respond" in inspection.answer
    assert ["atmosphere"] == [row[0] for row in inspection.parts[0].rows]  # type: ignore[union-attr]
    assert {None} == set(cloudy(inspection))


def test_missing_atmosphere_leaves_troposphere_s_rights(bench: Bench) -> None:
    """It is unknown whether the account can be emulated."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME, username="staffmember")
        with pytest.raises(TargetNotFound, match="in the troposphere database"):
            check_inspection(world, bench, NAME, username="nobody")

    assert ["atmosphere"] == [gap.source for gap in inspection.gaps]
    assert (
        "Emulating the account might not work: it is unknown whether Atmosphere has the account." in inspection.answer
    )
    assert 2 == len(inspection.parts)


def test_two_missing_sites_are_refused(bench: Bench) -> None:
    """Two databases that are not configured are an error, not an account that does not exist."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME, username="joetest")


def test_cloud_account_without_admin_rights_is_a_missing_source(world: World, bench: Bench) -> None:
    """Keystone rejects the request for projects; the missing source names the entry of clouds.yaml to change."""
    endpoints = replace(world.endpoints, clouds={4: "fixture-4-member", 5: "fixture-5"})
    inspection = check_inspection(World(endpoints), bench, NAME, username="0042")

    assert [("nova:4", True)] == [(gap.source, "rejected" in gap.why) for gap in inspection.gaps]
    assert "fixture-4-member" in inspection.gaps[0].how
    assert 3 == len([used for used in cloudy(inspection) if used is not None])


def test_user_without_a_project_is_not_a_missing_source(world: World, bench: Bench) -> None:
    """The cloud responded that it has no project of that name; the note below the table says so."""
    endpoints = replace(world.endpoints, clouds={4: "fixture-7", 5: "fixture-5"})
    inspection = check_inspection(World(endpoints), bench, NAME, username="0042")

    part = next(part for part in inspection.parts if part.title == "Quotas and usage")
    assert () == inspection.gaps
    assert part.note.endswith("no project has the username as its name on provider 4")  # type: ignore[union-attr]


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Iterator[Any]:
    """Return a function that makes a world on the same databases with its clouds at another port."""
    file = tmp_path / "clouds.yaml"
    opened: list[World] = []

    def at(port: int) -> World:
        auth = f"{{auth_url: 'http://127.0.0.1:{port}/v3', username: u, password: p, project_name: p}}"
        file.write_text(f"clouds: {{far: {{auth: {auth}, region_name: R}}}}\n")
        opened.append(World(replace(world.endpoints, clouds={4: "far", 5: "far"}, clouds_file=file)))
        return opened[-1]

    yield at
    for other in opened:
        other.clouds.close()


def test_unreachable_cloud_is_a_missing_source(bench: Bench, elsewhere: Any) -> None:
    """Its port is closed; the quotas are shown next to the database's counts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    inspection = check_inspection(elsewhere(port), bench, NAME, username="0042")

    assert [("nova:4", True), ("nova:5", True)] == [
        (gap.source, "cannot be reached" in gap.why) for gap in inspection.gaps
    ]
    assert {None} == set(cloudy(inspection))


def test_unresponsive_cloud_is_a_missing_source(bench: Bench, elsewhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The port accepts the connection and never responds: the rest comes after the time limit."""
    monkeypatch.setattr(evidence, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        inspection = check_inspection(elsewhere(server.getsockname()[1]), bench, NAME, username="0042")

    assert ["nova:4", "nova:5"] == [gap.source for gap in inspection.gaps]
    assert all("within 0.5 s" in gap.why for gap in inspection.gaps)
    assert {None} == set(cloudy(inspection))
