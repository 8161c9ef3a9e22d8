"""The doctor examines every system, continues after a problem, and changes nothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib import doctor
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected, Refused
from runbook_lib.fixture.folder import nova_state
from runbook_lib.fixture.stand_ins.nova import store as nova_store
from runbook_lib.systems.db.access import connection
from runbook_lib.world.endpoints import configured_endpoints
from runbook_lib.world.world import World
from tests import checks

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.doctor import Finding
    from tests.conftest import Bench

pytestmark = pytest.mark.both_databases


def examine(world: World, home: Path) -> dict[str, Finding]:
    """Return the findings by system."""
    findings = doctor.examine(world, Settings(home=home))
    assert len(findings) == len({finding.system for finding in findings})
    return {finding.system: finding for finding in findings}


def test_all_fixture_systems_are_ok(world: World, bench: Bench) -> None:
    """Home, both databases and every cloud are ok, and the examination changes nothing."""
    before = checks.everything(bench)
    findings = examine(world, bench.home)

    clouds = {
        f"{kind}:{provider_id}" for provider_id in world.endpoints.clouds for kind in ("keystone", "glance", "nova")
    }
    assert clouds
    assert {
        "RUNBOOK_HOME",
        "atmosphere",
        "troposphere",
        "api",
        "argo",
        "broker",
        "flower",
        "host",
    } | clouds <= findings.keys()
    assert [] == [name for name, finding in findings.items() if finding.state != "ok"]
    assert str(bench.home) == findings["RUNBOOK_HOME"].what
    assert before == checks.everything(bench)
    doctor.judge(list(findings.values()))


def test_unexpected_table_is_a_problem(world: World, bench: Bench) -> None:
    """Each difference is named, and the other database is still examined."""
    with connection.separate_connection("atmosphere") as other, other.cursor() as cursor:
        cursor.execute("ALTER TABLE atmosphere_user RENAME COLUMN is_staff TO was_staff")

    findings = examine(world, bench.home)
    assert "wrong" == findings["atmosphere"].state
    assert "atmosphere_user.is_staff: missing" in findings["atmosphere"].what
    assert "ok" == findings["troposphere"].state
    with pytest.raises(Refused, match="there are problems with atmosphere") as caught:
        doctor.judge(list(findings.values()))
    assert [vars(finding) for finding in findings.values()] == caught.value.details["findings"]


def test_unconfigured_systems_are_not_a_problem(bench: Bench) -> None:
    """With one database, the findings name the variables of the other systems."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with World(configured_endpoints(settings)) as world:
        findings = examine(world, bench.home)

    assert ["RUNBOOK_HOME", "atmosphere"] == [name for name, finding in findings.items() if finding.state == "ok"]
    assert {"ok", "not configured"} == {finding.state for finding in findings.values()}
    assert "RUNBOOK_TROPOSPHERE_DB" in findings["troposphere"].next_step
    assert "RUNBOOK_CLOUDS" in findings["clouds"].next_step
    doctor.judge(list(findings.values()))


def test_unreachable_database_is_a_problem(tmp_path: Path) -> None:
    """The finding has the address without the password, the reason and the next step."""
    settings = Settings(
        home=tmp_path,
        atmosphere_db="postgresql://atmo:hunter2-not-shown@127.0.0.1:9/atmo",
        troposphere_db=connection.sqlite_url(tmp_path / "nothing.sqlite3"),
    )
    with World(configured_endpoints(settings)) as world:
        findings = examine(world, tmp_path)

    assert {"not reachable"} == {findings[name].state for name in ("atmosphere", "troposphere")}
    assert "cannot be reached at postgresql://127.0.0.1:9/atmo" in findings["atmosphere"].what
    assert "hunter2" not in str(findings)
    assert not (tmp_path / "nothing.sqlite3").exists()
    with pytest.raises(NotConnected, match="atmosphere, troposphere cannot be reached") as caught:
        doctor.judge(list(findings.values()))
    assert [vars(finding) for finding in findings.values()] == caught.value.details["findings"]


def test_cloud_missing_from_the_file_is_a_problem(world: World, bench: Bench) -> None:
    """One cloud's problem does not hide the others."""
    first, *others = world.endpoints.clouds
    world.endpoints = dataclasses.replace(world.endpoints, clouds={**world.endpoints.clouds, first: "no-such-cloud"})

    findings = examine(world, bench.home)
    assert "refused" == findings[f"glance:{first}"].state
    assert "no-such-cloud" in findings[f"glance:{first}"].what
    assert ["ok"] * len(others) == [findings[f"glance:{other}"].state for other in others]
    assert "refused" == findings[f"nova:{first}"].state
    assert ["ok"] * len(others) == [findings[f"nova:{other}"].state for other in others]


def test_unavailable_nova_is_a_separate_problem(world: World, bench: Bench) -> None:
    """Glance is ok, and an available Nova shows the account's rights."""
    nova_store.fail(nova_state(bench.practice), 5, 503)

    findings = examine(world, bench.home)
    assert "its account is an administrator, 2 of 2 hypervisors up" in findings["nova:4"].may
    assert ("ok", "not reachable") == (findings["glance:5"].state, findings["nova:5"].state)
    assert "HTTP 503" in findings["nova:5"].what


def test_unwritable_home_is_a_problem(world: World, tmp_path: Path) -> None:
    """Applying requires a journal, so the doctor checks it in advance, without creating the folder."""
    (tmp_path / "file").write_text("")
    assert "wrong" == examine(world, tmp_path / "file" / "home")["RUNBOOK_HOME"].state

    assert "ok" == examine(world, tmp_path / "new" / "home")["RUNBOOK_HOME"].state
    assert not (tmp_path / "new").exists()
