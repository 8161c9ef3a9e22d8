"""Apply, undo and settle compare what the systems report of themselves, not the text of the settings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.config.secrets import SecretReference
from runbook_lib.engine import targets
from runbook_lib.errors import CannotUndo, Refused
from runbook_lib.fixture.rows.launches import GUIDE_INSTANCE
from runbook_lib.fixture.stand_ins.atmosphere_api import server as api_server
from runbook_lib.fixture.stand_ins.glance import server as glance_server
from runbook_lib.fixture.stand_ins.glance import store as glance_store
from runbook_lib.model import DATABASES, Call, SystemId
from runbook_lib.model.plan import Plan
from runbook_lib.systems.db.access import connection
from runbook_lib.world.endpoints import Endpoints, configured_endpoints
from runbook_lib.world.world import World
from tests.checks import apply, everything, interrupted, plan, undo_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.fixture.stand_ins.atmosphere_api.server import ApiServer
    from tests.conftest import Bench

NAME, GIVEN = "revoke_staff", {"username": "staffmember"}


@pytest.fixture
def real(bench: Bench) -> Iterator[World]:
    """Yield a world on the bench's databases as a real site configures them, and nothing else."""
    settings = dataclasses.replace(
        bench.settings, **{f"{database}_db": bench.databases[database] for database in DATABASES}
    )
    with World(configured_endpoints(settings)) as opened:
        yield opened


@pytest.mark.both_databases
def test_plan_and_run_record_the_identity_of_the_databases_they_touch(real: World, bench: Bench) -> None:
    """The same systems pass at apply, undo and settle."""
    planned = plan(real, NAME, **GIVEN)
    mark = "database OID" if bench.backend == "postgresql" else "inode"

    assert all(mark in planned.targets[database] for database in DATABASES)
    outcome = apply(real, bench, Plan.from_json(planned.as_json()))
    undo = undo_plan(real, bench, outcome.run_id)
    assert planned.targets == undo.targets
    run_id = interrupted(real, bench, undo)
    assert run_id in [outcome.run_id for outcome in engine.settle(real, bench.journal).outcomes]


def test_untouched_systems_are_not_identified(real: World, bench: Bench) -> None:
    """A plan for Atmosphere alone has only the address of Troposphere; nothing connects to it."""
    planned = plan(real, NAME, **GIVEN, site="atmosphere")

    assert "inode" in planned.targets["atmosphere"]
    assert "inode" not in planned.targets["troposphere"]


def replace_file(bench: Bench) -> None:
    """Put a copy in the place of Atmosphere's SQLite file."""
    file = bench.practice / "atmosphere.sqlite3"
    connection.close()
    copy = file.with_suffix(".copy")
    copy.write_bytes(file.read_bytes())
    copy.rename(file)


def test_another_database_at_the_same_address_is_refused(real: World, bench: Bench) -> None:
    """The address and the rows are the same, and the file is another: apply, undo, verify and settle refuse."""
    planned = plan(real, NAME, **GIVEN)
    outcome = apply(real, bench, planned)
    undo = undo_plan(real, bench, outcome.run_id)
    run_id = interrupted(real, bench, undo)
    replace_file(bench)
    before = everything(bench)

    with pytest.raises(Refused, match=r"this plan was made for atmosphere = .*inode"):
        apply(real, bench, undo)
    with pytest.raises(CannotUndo, match=r"it was applied to atmosphere = .*inode"):
        undo_plan(real, bench, outcome.run_id)
    with pytest.raises(Refused, match=r"changed atmosphere = .*inode"):
        engine.verify(real, bench.journal.run(outcome.run_id))
    settled = engine.settle(real, bench.journal)
    assert "inode" in settled.unresolved[run_id].what
    assert before == everything(bench)


def test_plan_without_identity_is_refused_clearly(real: World, bench: Bench) -> None:
    """An earlier release recorded only addresses; such a plan still loads, and the refusal says why."""
    planned = plan(real, NAME, **GIVEN)
    old = Plan.from_json(dataclasses.replace(planned, targets=real.targets()).as_json())
    before = everything(bench)

    with pytest.raises(Refused, match="earlier release made it") as caught:
        apply(real, bench, old)

    assert "it does not record the identity of atmosphere and troposphere" in caught.value.why
    assert "plan again" in caught.value.next_step
    assert before == everything(bench)


@pytest.fixture
def with_api(real: World, tmp_path: Path) -> Iterator[tuple[World, ApiServer]]:
    """Yield a real site with its API, and the API's server."""
    with api_server.serve() as server:
        token = SecretReference(f"file:{server.token_file(tmp_path)}")
        api = {"api_url": server.url, "api_token": token, "targets": {**real.endpoints.targets, "api": server.url}}
        real.endpoints = dataclasses.replace(real.endpoints, **api)
        yield real, server


REBOOT = {"instance_id": GUIDE_INSTANCE}


def test_api_is_identified_by_its_user(with_api: tuple[World, ApiServer], bench: Bench) -> None:
    """The token of another user is refused before anything is sent, at the same address."""
    world, server = with_api
    planned = plan(world, "reboot_instance", **REBOOT)
    assert planned.targets["api"] == f"{server.url} (user staffmember)"
    outcome = apply(world, bench, planned)
    assert "applied" == outcome.state

    server.tokens = dict.fromkeys(server.tokens, "staffonly")
    server.exempt |= {"staffonly"}
    before = everything(bench)

    with pytest.raises(Refused, match=r"\(user staffmember\), but the configured systems are .*\(user staffonly\)"):
        apply(world, bench, planned)
    run_id = interrupted(world, bench, planned)
    assert "(user staffonly)" in engine.settle(world, bench.journal).unresolved[run_id].what
    assert before == everything(bench)


def test_database_that_a_plan_only_read_is_identified(with_api: tuple[World, ApiServer], bench: Bench) -> None:
    """The plan has one call of the API, and is based on rows of Atmosphere's database."""
    world, _ = with_api
    planned = plan(world, "reboot_instance", **REBOOT)
    assert frozenset({"api"}) == targets.touched(planned)
    assert "inode" in planned.targets["atmosphere"]
    assert "inode" not in planned.targets["troposphere"]

    replace_file(bench)

    with pytest.raises(Refused, match=r"this plan was made for atmosphere = .*inode"):
        apply(world, bench, planned)


def test_clouds_are_identified_by_the_project_of_the_token(tmp_path: Path) -> None:
    """The same entry of ``clouds.yaml`` and the same Keystone, and another project."""
    planned = Plan(
        changes=(Call(system=SystemId.parse("glance:4"), target="image", action="visibility", before="a", after="b"),)
    )
    state = tmp_path / "glance.sqlite3"
    glance_store.seed(state, [], projects=[(4, "fixture-project", "fixture-project")])
    texts = []
    with glance_server.serve(state) as server:
        for project in ("admin", "another"):
            server.users["admin"] = dataclasses.replace(server.users["admin"], project=project)
            endpoints = Endpoints(
                databases={},
                clouds={4: "fixture-4"},
                targets={"glance:4": "iu"},
                clouds_file=server.clouds_file(tmp_path),
            )
            with World(endpoints) as world:
                planned = dataclasses.replace(
                    planned, targets=planned.targets or world.targets(targets.touched(planned))
                )
                texts.append(world.targets(["glance:4"])["glance:4"])
                other = targets.difference(world, planned)

    assert f"iu ({server.url}/identity/4/v3, project admin with ID admin)" == texts[0]
    assert other
    assert texts[0] in other.planned
    assert texts[1] in other.configured
