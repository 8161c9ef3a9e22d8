"""A site's rules: how large a plan may be, and which plans another operator must approve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.engine import Policy
from runbook_lib.errors import Refused
from tests.checks import apply, everything, plan, undo_plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

GRANT = {"username": "joetest", "site": "atmosphere"}


def test_plan_larger_than_allowed_is_refused(world: World, bench: Bench) -> None:
    """The limit counts rows and objects; a plan of exactly that size is applied."""
    planned = plan(world, "publicize_image", application_id=1201)
    size, before = len(planned.changes), everything(bench)

    with pytest.raises(Refused, match=f"the plan of publicize_image has {size} changes"):
        apply(world, bench, planned, policy=Policy(max_changes=size - 1))
    assert before == everything(bench)
    assert [] == bench.journal.runs()
    assert "applied" == apply(world, bench, planned, policy=Policy(max_changes=size)).state


@pytest.mark.parametrize(
    ("policy", "needed"),
    [
        (Policy(), False),
        (Policy(frozenset({"revoke_staff"})), False),
        (Policy(frozenset({"grant_staff"})), True),
        (Policy(frozenset({"*"})), True),
        (Policy(approved_above=0), True),
        (Policy(approved_above=100), False),
    ],
)
def test_rules_name_procedures_and_sizes(world: World, policy: Policy, *, needed: bool) -> None:
    """An empty plan needs no approval."""
    assert needed is policy.needs_approval(plan(world, "grant_staff", **GRANT))
    assert not Policy(frozenset({"*"})).needs_approval(plan(world, "grant_staff", username="staffmember"))


def test_undo_needs_no_approval(world: World, bench: Bench) -> None:
    """It restores what was there before."""
    run = apply(world, bench, plan(world, "grant_staff", **GRANT))
    policy = Policy(frozenset({"*"}))

    assert "applied" == apply(world, bench, undo_plan(world, bench, run.run_id), policy=policy).state
