"""The systems of one run: opened at their first use, refused while a plan is made, closed together."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runbook_lib.errors import Refused, RunbookError, WriteRefused
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.model import Call
from runbook_lib.world.world import World

if TYPE_CHECKING:
    from runbook_lib.world.endpoints import Endpoints

CALL = Call(system="glance:4", target=GUIDE_IMAGE, action="visibility", before="shared", after="public")
SYSTEMS = ("clouds", "host", "workers", "queues", "api", "workflows", "flower", "logs")


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


@pytest.mark.parametrize("system", ["glance:4", "host", "workers", "copy:4:5", "api", "argo"])
def test_every_kind_of_system_is_known_by_the_name_in_a_call(world: World, system: str) -> None:
    """What a saved plan names is found again."""
    assert hasattr(world.outside(system), "perform")


def test_a_system_of_another_release_is_refused(world: World) -> None:
    """With what to do."""
    with pytest.raises(Refused, match="there is no system cinder:4") as caught:
        world.outside("cinder:4")
    assert "plan again" in caught.value.next_step


def test_nothing_is_changed_while_it_is_read(world: World) -> None:
    """Also after an error, and in a part that is read within another."""
    with world.reading():
        with pytest.raises(ZeroDivisionError), world.reading():
            _ = 1 // 0
        with pytest.raises(WriteRefused):
            world.outside("glance:4").perform(CALL)
    assert world.may_write()

    world.outside("glance:4").perform(CALL)
    assert "public" == world.outside("glance:4").current(CALL)


def test_the_fixtures_time_stands_still(world: World) -> None:
    """So that every plan is the same on every run."""
    assert world.now() == world.now()
