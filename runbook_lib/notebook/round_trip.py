"""What the verification of a notebook asks about its undo: can it be taken back at all, and is it refused if not?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib import engine, params, recovery
from runbook_lib.errors import CannotUndo, Refused
from runbook_lib.fixture import practice
from runbook_lib.journal import Journal
from runbook_lib.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.registry import Procedure

_WHO = "verification@fixture"


def can_be_undone(procedure: Procedure, home: Path) -> bool:
    """Plan a procedure's example in a home on the fixture, and tell whether anything of it can be taken back."""
    values = params.check(procedure.fields, procedure.example, procedure=procedure.name)
    with practice.open_world(Settings(home=home), operator=_WHO) as world:
        plan = engine.make_plan(procedure, world, values)
    return any(change.reversible for change in plan.changes)


def check_undo_is_refused(procedure: Procedure, home: Path, run_id: str) -> None:
    """Return if a run of which nothing can be taken back is refused to be undone.

    Raises:
        Refused: An undo of it could be planned.
    """
    with practice.open_world(Settings(home=home), operator=_WHO) as world:
        try:
            recovery.plan_undo(world, Journal(home), run_id)
        except CannotUndo:
            return
    raise Refused(
        what=f"{procedure.name} says that nothing of it can be taken back, and its undo is planned all the same",
        next_step="mark what can be taken back as reversible",
    )
