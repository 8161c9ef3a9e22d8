"""A clock that jumps between planning, applying, approving and undoing."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from runbook_lib import engine
from runbook_lib.errors import Refused, StalePlan
from tests.checks import apply, everything, plan, settle, undo_plan
from tests.engine.crashes import Fate, Killed

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

JUMPS = [timedelta(days=-3650), timedelta(hours=-25), timedelta(seconds=-1), timedelta(hours=25), timedelta(days=3650)]
VALUES = {"grant_staff": {"username": "joetest"}, "stop_maintenance": {}}


def _jump(world: World, jump: timedelta) -> None:
    """Set the clock forward or back."""
    now = world.endpoints.clock() + jump
    world.endpoints = dataclasses.replace(world.endpoints, clock=lambda: now)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("jumps", list(itertools.product(JUMPS, repeat=2))[::3], ids=str)
def test_run_and_its_undo_survive_jumps_of_clock(
    world: World, bench: Bench, name: str, jumps: tuple[timedelta, timedelta]
) -> None:
    """Between plan and apply, and between apply and undo: what applies can be undone; what does not changed nothing."""
    before = everything(bench)
    planned = plan(world, name, **VALUES[name])
    _jump(world, jumps[0])
    try:
        outcome = apply(world, bench, planned)
    except StalePlan:
        assert before == everything(bench)
        return
    _jump(world, jumps[1])
    assert "applied" == apply(world, bench, undo_plan(world, bench, outcome.run_id)).state

    assert before == everything(bench)
    assert () == bench.journal.check().problems
    assert outcome.run_id == bench.journal.runs()[0].run_id


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_interrupted_run_is_resolved_after_jump_of_clock(world: World, bench: Bench, jump: timedelta) -> None:
    """Neither the order of the runs nor their effects are taken from the clock."""
    planned = plan(world, "grant_staff", username="joetest")
    fate = Fate(at=next(number for number, point in enumerate(_points(world, bench)) if point == "after the commit"))
    with pytest.raises(Killed), fate.decides(world):
        apply(world, bench, planned, watch=fate.reach)

    _jump(world, jump)

    [(run_id, state)] = settle(world, bench)
    assert "partly-applied" == state
    assert "applied" == apply(world, bench, undo_plan(world, bench, run_id)).state


def _points(world: World, bench: Bench) -> list[str]:
    """Return every boundary of the same apply, and undo it."""
    fate = Fate()
    with fate.decides(world):
        outcome = apply(world, bench, plan(world, "grant_staff", username="joetest"), watch=fate.reach)
    apply(world, bench, undo_plan(world, bench, outcome.run_id))
    return fate.passed


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_approval_is_valid_for_a_day_of_the_clock(world: World, bench: Bench, jump: timedelta) -> None:
    """One of another day is not used, nor one from the future: a clock that goes back can't prolong it."""
    planned = plan(world, "grant_staff", username="joetest")
    time = (world.now() - jump).isoformat()
    bench.journal.approve(planned, reason="checked", operator="colleague@host", time=time)
    policy = engine.Policy(approved_procedures=frozenset({"grant_staff"}))

    with pytest.raises(Refused, match="it is valid for 24 hours"):
        apply(world, bench, planned, policy=policy)
