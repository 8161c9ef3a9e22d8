"""Verbs that most tests of procedures share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from runbook_lib import engine, params, procedures, render
from runbook_lib.engine.readback import is_applied
from runbook_lib.errors import CannotUndo
from runbook_lib.fixture import dump, practice
from runbook_lib.model import changes_as_json
from runbook_lib.systems.db.access import columns
from tests import one_procedure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runbook_lib.errors import RunbookError
    from runbook_lib.model import Database
    from runbook_lib.model.inspection import Inspection
    from runbook_lib.model.plan import Outcome, Plan
    from runbook_lib.world.world import World
    from tests.conftest import Bench

WHO = {"reason": "test", "operator": "tester@host"}
Item = TypeVar("Item")


def check_each(items: Iterable[Item], check: Callable[[Item], object], *, label: Callable[[Item], str] = str) -> None:
    """Check one fact about every item; fail once, with a line for each item that does not pass.

    Args:
        items: All procedures, all rules, all messages, …; an empty list fails.
        check: Asserts the fact about one item.
        label: Names an item in the list of failures.
    """
    problems, number = [], 0
    for number, item in enumerate(one_procedure.only(items, label), start=1):  # noqa: B007 - the number is used below
        try:
            check(item)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - each is reported
            problems.append(f"{label(item)}: {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    if problems:
        pytest.fail("\n".join([f"{len(problems)} of {number} do not pass:", *problems]), pytrace=False)
    assert number or one_procedure.is_chosen(), "there is nothing to check"


def plan(world: World, name: str, /, **given: Any) -> Plan:
    """Return a procedure's plan; the parameters are checked as a notebook's are."""
    procedure = procedures.find(name)
    return engine.make_plan(procedure, world, params.check(procedure.fields, given, procedure=name))


def apply(world: World, bench: Bench, planned: Plan, **options: Any) -> Outcome:
    """Apply a plan with the test's reason and operator."""
    return engine.apply(
        world, planned, journal=bench.journal, **WHO, find=procedures.find, **{"policy": engine.Policy(), **options}
    )


def before_call(act: Callable[[], object]) -> Callable[[str], None]:
    """Return a ``watch`` for `apply` that does something right before the first call, when all was compared."""
    pending = [act]

    def watch(point: str) -> None:
        if point.startswith("about to: call") and pending:
            pending.pop()()

    return watch


def undo_plan(world: World, bench: Bench, run_id: str) -> Plan:
    """Return the plan that undoes a run."""
    return engine.plan_undo(world, bench.journal, run_id, find=procedures.find)


def settle(world: World, bench: Bench) -> list[tuple[str, str]]:
    """Resolve the interrupted runs; return run id and state of each, and check that none was left."""
    settled = engine.settle(world, bench.journal)
    assert {} == dict(settled.unresolved)
    return [(outcome.run_id, outcome.state) for outcome in settled.outcomes]


def interrupted(world: World, bench: Bench, planned: Plan, *, steps: int = 0) -> str:
    """Leave the journal as a crash leaves it after this many announced changes; return the run's id."""
    with bench.journal.begin(planned, **WHO, time=world.now().isoformat()) as run_id:
        if steps:
            bench.journal.append("step", run_id, about="the step", changes=changes_as_json(planned.changes[:steps]))
    return run_id


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


def check_inspection(world: World, bench: Bench, name: str, /, **given: Any) -> Inspection:
    """Check that an inspection changes nothing, and that its results can be shown everywhere."""
    procedure = procedures.find(name)
    before = everything(bench)

    inspection = engine.inspect(procedure, world, params.check(procedure.fields, given, procedure=name))

    assert before == everything(bench)
    assert inspection.answer
    assert inspection.answer in render.inspection_text(inspection)
    assert render.inspection_markdown(inspection)
    assert json.dumps(inspection.as_json())

    return inspection


def check_round_trip(world: World, bench: Bench, name: str, /, **given: Any) -> Outcome:
    """Check that plan, apply, verify and undo end where they began: every row and every object of the stand-ins.

    The undo of an irreversible run must be refused instead.
    """
    before = everything(bench)
    planned = plan(world, name, **given)
    assert before == everything(bench)

    outcome = apply(world, bench, planned)
    assert "applied" == outcome.state
    assert all(is_applied(world, change) for change in outcome.receipt)
    assert before != everything(bench)

    if not any(change.reversible for change in planned.changes):
        with pytest.raises(CannotUndo, match="can't be undone"):
            undo_plan(world, bench, outcome.run_id)
        return outcome
    undone = apply(world, bench, undo_plan(world, bench, outcome.run_id))
    assert "applied" == undone.state
    assert [] == dump.differences(before, everything(bench), log_grows=planned.is_logged_outside)
    assert () == bench.journal.check().problems

    return outcome


def stored_rows(database: Database, table: str) -> list[dict[str, Any]]:
    """Return the rows of one table by key, column → JSON form."""
    query = columns.model_of_table(database, table)._base_manager.using(database).order_by("pk")
    fields = columns.fields(query.model)
    rows = query.values_list(*(field.attname for field in fields.values()))
    return [dict(zip(fields, map(columns.to_json, row), strict=True)) for row in rows]


def everything(bench: Bench) -> dict[str, Any]:
    """Return every row of the connected databases and every object of the stand-ins."""
    return {**dump.dump(), **practice.objects(bench.practice)}
