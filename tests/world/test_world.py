"""The systems of one run: opened at their first use, read-only during planning, closed together."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, RunbookError, WriteRefused
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.model import DATABASES, Call, System, SystemId
from runbook_lib.world.world import World

if TYPE_CHECKING:
    from runbook_lib.world.endpoints import Endpoints

CALL = Call(SystemId(System.GLANCE, 4), target=GUIDE_IMAGE, action="visibility", before="shared", after="public")
CALLED = [kind for kind in System if kind.facts.is_changed and kind not in DATABASES]
SYSTEMS = ("clouds", "host", "workers", "queues", "api", "workflows", "flower", "logs")


def system_of(kind: System) -> SystemId:
    """Return a system of this kind; of provider 4 if each provider has one."""
    return SystemId(kind, 4 if kind.facts.per_provider else None)


def without_systems(endpoints: Endpoints) -> Endpoints:
    """Return endpoints without any configured system."""
    return dataclasses.replace(
        endpoints,
        databases={},
        clouds={},
        targets={},
        api_url="",
        flower_url="",
        broker_url="",
        argo_url="",
        log_dir=None,
        host_exec=(),
        celery=None,
    )


def test_system_is_opened_once_for_all_threads(world: World) -> None:
    """A second client would exceed the first one's limits."""
    for name in SYSTEMS:
        with ThreadPoolExecutor(4) as threads:
            opened = list(threads.map(lambda name: getattr(world, name), [name] * 4))
        assert all(system is opened[0] for system in opened)


def test_unconfigured_system_is_refused_at_its_first_use(world: World) -> None:
    """A world without systems opens without an error."""
    with World(without_systems(world.endpoints)) as empty:
        for use in (
            lambda: empty.glance(4),
            lambda: empty.nova(4),
            lambda: empty.keystone(4),
            lambda: empty.rows("atmosphere").transaction().__enter__(),
            lambda: empty.queues.state("imaging"),
            lambda: empty.flower.search("x", limit=1),
            lambda: empty.workflows.find("x"),
        ):
            with pytest.raises(RunbookError) as caught:
                use()
            assert not caught.value.changed


def test_writes_are_rejected_while_reading(world: World) -> None:
    """This holds after an error, and in nested contexts."""
    with world.reading():
        with pytest.raises(ZeroDivisionError), world.reading():
            _ = 1 // 0
        with pytest.raises(WriteRefused):
            world.outside(CALL.system).perform(CALL)
    assert world.may_write()

    world.outside(CALL.system).perform(CALL)
    assert "public" == world.outside(CALL.system).current(CALL)


def test_time_of_the_fixture_is_constant(world: World) -> None:
    """Every run makes the same plan."""
    assert world.now() == world.now()


def test_every_changeable_system_makes_calls(world: World) -> None:
    """The world's table has each of them."""
    assert all(world.outside(system_of(kind)) for kind in CALLED)


@pytest.mark.parametrize("kind", [kind for kind in CALLED if kind is not System.COPY])
def test_call_is_rejected_during_planning(world: World, kind: System) -> None:
    """Copies are excluded: a command of the host makes them, and the world only reads them."""
    call = Call(system_of(kind), "target", "action", before=1, after=2)

    with world.reading(), pytest.raises(WriteRefused, match=f"{system_of(kind)} is only read"):
        world.outside(call.system).perform(call)


@pytest.mark.parametrize("kind", [kind for kind in System if kind not in CALLED])
def test_call_to_a_read_only_system_is_refused(world: World, kind: System) -> None:
    """The error names the system."""
    with pytest.raises(Refused, match=f"the runbook does not call {system_of(kind)}"):
        world.outside(system_of(kind))
