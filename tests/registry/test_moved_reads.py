"""Each column of each row that a plan read is changed: if a new plan differs, the saved plan is stale."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import pytest

from runbook_lib import procedures
from runbook_lib.errors import NotConnected, StalePlan
from runbook_lib.model.plan import Plan
from tests.checks import apply, everything
from tests.registry import moved_reads

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench
    from tests.registry.moved_reads import Move

# How many columns are moved per procedure, and after how many differences the rest is left to 'make soak'.
SAMPLE, ENOUGH = 40, 3
# The first two read the host's processes and the broker, but no row; a later maintenance depends on no row.
NOTHING_MATTERS = {"restart_celery_workers", "restart_imaging_workers", "start_maintenance"}


@pytest.mark.parametrize(
    ("number", "enough"),
    [pytest.param(SAMPLE, ENOUGH, id="sample"), pytest.param(None, math.inf, id="all", marks=pytest.mark.soak)],
)
@pytest.mark.parametrize("name", procedures.changing())
def test_plan_is_stale_after_what_it_read_moved(
    world: World, bench: Bench, name: str, number: int | None, enough: float
) -> None:
    """Any difference in a new plan stops the saved plan, and nothing is changed."""
    with moved_reads.rows_read() as rows:
        saved = moved_reads.fresh(world, name)
    assert isinstance(saved, Plan)
    differ = 0
    for move in itertools.islice(moved_reads.moves(rows), number):
        with move.made() as moved:
            if moved and moved_reads.changes(moved_reads.fresh(world, name)) != moved_reads.changes(saved):
                differ += 1
                _check_stopped(world, bench, saved, move)
        if differ >= enough:
            break

    assert bool(differ) is (name not in NOTHING_MATTERS)


def _check_stopped(world: World, bench: Bench, saved: Plan, move: Move) -> None:
    """Check that a saved plan is refused after a move; a system that becomes unreachable by the move stops it too."""
    before = everything(bench)
    with pytest.raises((StalePlan, NotConnected)) as error:
        apply(world, bench, saved)
    assert before == everything(bench), move
    assert error.value.changed is False
