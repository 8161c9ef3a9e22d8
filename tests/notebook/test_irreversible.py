"""A procedure of which nothing can be taken back: verified without an undo, which then must be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib import recovery, registry
from runbook_lib.errors import Refused
from runbook_lib.notebook import round_trip
from tests.checks import apply, plan

if TYPE_CHECKING:
    from runbook_lib.world import World
    from tests.conftest import Bench


@pytest.mark.parametrize(
    ("name", "expected"), [("redeploy_instance", False), ("approve_imaging_request", False), ("grant_staff", True)]
)
def test_whether_anything_can_be_taken_back(bench: Bench, name: str, expected: object) -> None:
    """It is asked of the plan of the example, which changes nothing."""
    assert expected == round_trip.can_be_undone(registry.find(name), bench.home)


def test_a_refused_undo_is_what_is_wanted(world: World, bench: Bench) -> None:
    """The run's undo is refused, so the check passes."""
    procedure = registry.find("redeploy_instance")
    outcome = apply(world, bench, plan(world, procedure.name, **procedure.example))

    round_trip.check_undo_is_refused(procedure, bench.home, outcome.run_id)


def test_an_undo_that_is_planned_all_the_same_is_found(world: World, bench: Bench) -> None:
    """A run that can be taken back does not pass for one that can't."""
    procedure = registry.find("grant_staff")
    outcome = apply(world, bench, plan(world, procedure.name, **procedure.example))

    with pytest.raises(Refused, match="its undo is planned all the same"):
        round_trip.check_undo_is_refused(procedure, bench.home, outcome.run_id)

    assert recovery.plan_undo(world, bench.journal, outcome.run_id).changes
