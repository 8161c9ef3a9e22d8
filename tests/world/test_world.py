"""The systems of one run: opened at their first use, refused while a plan is made, closed together."""

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


def one(kind: System) -> SystemId:
    """Return a system of this kind, of provider 4 where each provider has one."""
    return SystemId(kind, 4 if kind.facts.per_provider else None)


def nothing(endpoints: Endpoints) -> Endpoints:
    """Return endpoints at which no system is configured."""
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


def test_a_system_is_opened_once_for_all_threads(world: World) -> None:
    """Two clients would not know each other's limits."""
    for name in SYSTEMS:
        with ThreadPoolExecutor(4) as threads:
            opened = list(threads.map(lambda name: getattr(world, name), [name] * 4))
        assert all(system is opened[0] for system in opened)


def test_what_is_not_configured_is_refused_at_its_first_use(world: World) -> None:
    """Opening a world of nothing fails at nothing."""
    with World(nothing(world.endpoints)) as empty:
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


def test_nothing_is_changed_while_it_is_read(world: World) -> None:
    """Also after an error, and in a part that is read within another."""
    with world.reading():
        with pytest.raises(ZeroDivisionError), world.reading():
            _ = 1 // 0
        with pytest.raises(WriteRefused):
            world.outside(CALL.system).perform(CALL)
    assert world.may_write()

    world.outside(CALL.system).perform(CALL)
    assert "public" == world.outside(CALL.system).current(CALL)


def test_the_fixtures_time_stands_still(world: World) -> None:
    """So that every plan is the same on every run."""
    assert world.now() == world.now()


def test_every_system_that_is_changed_takes_calls(world: World) -> None:
    """The table of the world has each of them."""
    assert all(world.outside(one(kind)) for kind in CALLED)


@pytest.mark.parametrize("kind", [kind for kind in CALLED if kind is not System.COPY])
def test_no_call_is_made_while_a_plan_is_made(world: World, kind: System) -> None:
    """Whatever the call is; a copy is made by a command of the host, and only looked at here."""
    call = Call(one(kind), "target", "action", before=1, after=2)

    with world.reading(), pytest.raises(WriteRefused, match=f"{one(kind)} is only read"):
        world.outside(call.system).perform(call)


@pytest.mark.parametrize("kind", [kind for kind in System if kind not in CALLED])
def test_system_that_is_only_read_takes_no_calls(world: World, kind: System) -> None:
    """It is named."""
    with pytest.raises(Refused, match=f"no calls are made to {one(kind)}"):
        world.outside(one(kind))
