"""A run that dies at any boundary of its records, commits and calls: the journal explains it, and undo restores it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from tests.checks import everything, plan
from tests.engine.crashes import Fate
from tests.faults import truth

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model.plan import Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

SAMPLE = 4


def _planned(world: World, name: str) -> Plan:
    return plan(world, name, **procedures.find(name).practice_example)


def _check_every(world: World, bench: Bench, name: str, *, step: int) -> int:
    """Let an apply die at each boundary, or at each `step`-th; return how many were tried."""
    before = everything(bench)
    undisturbed = Fate()
    truth.check(world, bench, _planned(world, name), contextlib.nullcontext(), fate=undisturbed)
    for at in range(0, len(undisturbed.passed), step):
        point = undisturbed.passed[at]
        try:
            fate = Fate(at)
            truth.check(world, bench, _planned(world, name), contextlib.nullcontext(), fate=fate)
            assert point == fate.died_at
            assert before == everything(bench)
        except AssertionError as problem:
            raise AssertionError(f"{name} at boundary {at}, {point}: {problem}") from problem
    return len(range(0, len(undisturbed.passed), step))


@pytest.mark.parametrize("name", ["grant_staff", "publicize_image"])
def test_run_that_dies_is_explained_and_undone(
    world: World, bench: Bench, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Rows in both databases; calls, then a row."""
    points = _check_every(world, bench, name, step=SAMPLE)

    record_property("points", points)
    assert points > 5


@pytest.mark.soak
@pytest.mark.both_databases
@pytest.mark.parametrize("name", procedures.changing())
def test_run_that_dies_at_every_boundary_is_explained_and_undone(
    world: World, bench: Bench, name: str, record_property: Callable[[str, object], None]
) -> None:
    """Every procedure that can be undone, at each boundary, on both kinds of database."""
    planned = _planned(world, name)
    if all(change.reversible for change in planned.changes):
        record_property("points", _check_every(world, bench, name, step=1))
