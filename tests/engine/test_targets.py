"""Apply, undo and settle compare what the systems report of themselves, not the text of the settings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.engine import targets
from runbook_lib.errors import CannotUndo, Refused
from runbook_lib.model import DATABASES, Call, SystemId
from runbook_lib.model.plan import Plan
from runbook_lib.systems.db.access import connection
from runbook_lib.world.endpoints import Endpoints, configured_endpoints
from runbook_lib.world.world import World
from tests.checks import apply, everything, interrupted, plan, undo_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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


def test_clouds_are_identified_by_keystone_and_project(tmp_path: Path) -> None:
    """Another ``clouds.yaml`` with the same name is another cloud; nothing is sent."""
    planned = Plan(
        changes=(Call(system=SystemId.parse("glance:4"), target="image", action="visibility", before="a", after="b"),)
    )
    texts = []
    for project in ("staging", "production"):
        file = tmp_path / f"{project}.yaml"
        auth = f"auth: {{auth_url: 'https://{project}.example.org:5000/v3', project_name: {project}, username: u}}"
        file.write_text(f"clouds:\n  iu:\n    {auth}\n", encoding="utf-8")
        endpoints = Endpoints(databases={}, clouds={4: "iu"}, targets={"glance:4": "iu"}, clouds_file=file)
        with World(endpoints) as world:
            planned = dataclasses.replace(planned, targets=planned.targets or world.targets(targets.touched(planned)))
            texts.append(world.targets(["glance:4"])["glance:4"])
            other = targets.difference(world, planned)

    assert "iu (https://staging.example.org:5000/v3, project staging)" == texts[0]
    assert other
    assert texts[0] in other.planned
    assert texts[1] in other.configured
