"""The house verbs: what most tests of a procedure say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import params
from runbook_lib.engine import apply as engine
from runbook_lib.engine import read_only as looking
from runbook_lib.engine import undo as recovery
from runbook_lib.engine.readback import holds
from runbook_lib.errors import CannotUndo
from runbook_lib.fixture import dump, practice
from runbook_lib.procedures import _registry as registry
from runbook_lib.render import inspection as look_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.errors import RunbookError
    from runbook_lib.model.inspection import Look
    from runbook_lib.model.plan import Outcome, Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

WHO = {"reason": "test", "operator": "tester@host"}


def plan(world: World, name: str, /, **given: Any) -> Plan:
    """Return a procedure's plan; the parameters are checked as a notebook's are."""
    procedure = registry.find(name)
    return engine.make_plan(procedure, world, params.check(procedure.fields, given, procedure=name))


def apply(world: World, bench: Bench, planned: Plan, **options: Any) -> Outcome:
    """Apply a plan with the test's reason and operator."""
    return engine.apply(world, planned, journal=bench.journal, **WHO, **options)


def check_plans(world: World, name: str, expected: Sequence[str], /, **given: Any) -> Plan:
    """Check that a procedure plans exactly these changes, as `describe` words them, and changes nothing."""
    planned = plan(world, name, **given)

    assert list(expected) == [change.describe() for change in planned.changes]

    return planned


def check_nothing_to_do(world: World, name: str, /, *, because: str, **given: Any) -> Plan:
    """Check that a procedure plans nothing, for this reason."""
    planned = plan(world, name, **given)

    assert () == planned.changes
    assert because == planned.because

    return planned


def check_refuses(
    world: World, bench: Bench, name: str, kind: type[RunbookError], text: str, /, **given: Any
) -> RunbookError:
    """Check that a procedure refuses with this kind of error and these words in it, and that nothing was changed."""
    before = everything(bench)

    with pytest.raises(kind) as caught:
        plan(world, name, **given)

    assert text in str(caught.value)
    assert not caught.value.changed
    assert caught.value.next_step
    assert before == everything(bench)

    return caught.value


def check_looks(world: World, bench: Bench, name: str, /, **given: Any) -> Look:
    """Check that a procedure that only looks changes nothing, and that what it found can be shown everywhere."""
    procedure = registry.find(name)
    before = everything(bench)

    look = looking.take(procedure, world, params.check(procedure.fields, given, procedure=name))

    assert before == everything(bench)
    assert look.answer
    assert look.answer in look_report.text(look)
    assert look_report.markdown(look)
    assert json.dumps(look.as_json())

    return look


def check_round_trip(world: World, bench: Bench, name: str, /, **given: Any) -> Outcome:
    """Check that plan, apply, verify and undo end where they began: every row and every object of the stand-ins.

    Of a run that can't be taken back at all, the undo must be refused instead.
    """
    before = everything(bench)
    planned = plan(world, name, **given)
    assert before == everything(bench)

    outcome = apply(world, bench, planned)
    assert "applied" == outcome.state
    assert all(holds(world, change) for change in outcome.receipt)
    assert before != everything(bench)

    if not any(change.reversible for change in planned.changes):
        with pytest.raises(CannotUndo, match="can't be undone"):
            recovery.plan_undo(world, bench.journal, outcome.run_id)
        return outcome
    undone = apply(world, bench, recovery.plan_undo(world, bench.journal, outcome.run_id))
    assert "applied" == undone.state
    assert [] == dump.differences(before, everything(bench), log_grows=planned.calls_the_api)
    assert [] == bench.journal.check()

    return outcome


def everything(bench: Bench) -> dict[str, Any]:
    """Return every row of the connected databases and every object of the stand-ins."""
    return {**dump.dump(), **practice.objects(bench.practice)}
