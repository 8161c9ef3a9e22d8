"""show_account with a site or a cloud that is absent, silent or refuses: the rest is shown, and the gap is said."""

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
    """Return what OpenStack says it uses, of every figure."""
    part = next(part for part in inspection.parts if part.title == "Quotas and usage")
    place = part.columns.index("used in OpenStack")
    return [row[place] for row in part.rows]


def test_without_troposphere_the_rest_is_shown(bench: Bench) -> None:
    """Its column is missing, and the gap names the setting; the clouds are not configured either."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME, username="0042")

    assert ["troposphere", "nova:4", "nova:5"] == [gap.source for gap in inspection.gaps]
    assert "Troposphere did not tell" in inspection.answer
    assert ["atmosphere"] == [row[0] for row in inspection.parts[0].rows]  # type: ignore[union-attr]
    assert {None} == set(cloudy(inspection))


def test_without_atmosphere_only_the_rights_there_are_shown(bench: Bench) -> None:
    """Whether it can be emulated is not known."""
    settings = Settings(home=bench.home, troposphere_db=bench.databases["troposphere"])
    with connect.open_world(settings, operator="tester@host") as world:
        inspection = check_inspection(world, bench, NAME, username="staffmember")
        with pytest.raises(TargetNotFound, match="in the troposphere database"):
            check_inspection(world, bench, NAME, username="nobody")

    assert ["atmosphere"] == [gap.source for gap in inspection.gaps]
    assert "Emulating the account may not work: it is unknown whether Atmosphere has the account." in inspection.answer
    assert 2 == len(inspection.parts)


def test_without_any_site_it_says_so(bench: Bench) -> None:
    """Two databases that are not configured are an error, not an account that does not exist."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME, username="joetest")


def test_an_account_in_the_cloud_that_is_no_administrator_is_refused(world: World, bench: Bench) -> None:
    """Keystone does not let it look for projects; the gap says which entry of clouds.yaml to change."""
    endpoints = replace(world.endpoints, clouds={4: "fixture-4-member", 5: "fixture-5"})
    inspection = check_inspection(World(endpoints), bench, NAME, username="0042")

    assert [("nova:4", True)] == [(gap.source, "refused" in gap.why) for gap in inspection.gaps]
    assert "fixture-4-member" in inspection.gaps[0].how
    assert 3 == len([used for used in cloudy(inspection) if used is not None])


def test_a_user_without_a_project_is_no_gap(world: World, bench: Bench) -> None:
    """The cloud told: there is none of that name; it is said below the table."""
    endpoints = replace(world.endpoints, clouds={4: "fixture-7", 5: "fixture-5"})
    inspection = check_inspection(World(endpoints), bench, NAME, username="0042")

    part = next(part for part in inspection.parts if part.title == "Quotas and usage")
    assert () == inspection.gaps
    assert part.note.endswith("no project has the username as its name on provider 4")  # type: ignore[union-attr]


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Iterator[Any]:
    """Return a world on the same databases whose clouds are at another port."""
    file = tmp_path / "clouds.yaml"
    opened: list[World] = []

    def at(port: int) -> World:
        auth = f"{{auth_url: 'http://127.0.0.1:{port}/v3', username: u, password: p, project_name: p}}"
        file.write_text(f"clouds: {{far: {{auth: {auth}, region_name: R}}}}\n")
        opened.append(World(replace(world.endpoints, clouds={4: "far", 5: "far"}, clouds_file=file)))
        return opened[-1]

    yield at
    for one in opened:
        one.clouds.close()


def test_a_cloud_that_is_not_there_is_a_gap(bench: Bench, elsewhere: Any) -> None:
    """A closed port; the quotas stand beside what the database counts."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    inspection = check_inspection(elsewhere(port), bench, NAME, username="0042")

    assert [("nova:4", True), ("nova:5", True)] == [
        (gap.source, "cannot be reached" in gap.why) for gap in inspection.gaps
    ]
    assert {None} == set(cloudy(inspection))


def test_a_cloud_that_is_silent_is_a_gap(bench: Bench, elsewhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that takes the question and never answers: the rest comes after the time limit."""
    monkeypatch.setattr(evidence, "SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        inspection = check_inspection(elsewhere(server.getsockname()[1]), bench, NAME, username="0042")

    assert ["nova:4", "nova:5"] == [gap.source for gap in inspection.gaps]
    assert all("within 0.5 s" in gap.why for gap in inspection.gaps)
    assert {None} == set(cloudy(inspection))
