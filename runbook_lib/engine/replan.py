"""Plan again under the locks and compare the plans, because a plan depends on rows that it only reads.

Two plans are the same if they make the same changes. Their creation times, and the UUIDs that they generate for new
rows, do not count.
"""

from __future__ import annotations

import contextlib
import itertools
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runbook_lib import params
from runbook_lib.errors import ParamError, Refused, StalePlan, TargetNotFound
from runbook_lib.model import Call, RowInsert, row_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runbook_lib.model import Change
    from runbook_lib.model.plan import Plan
    from runbook_lib.model.procedure import Procedure
    from runbook_lib.model.protocols import Systems


def check(world: Systems, plan: Plan, *, find: Callable[[str], Procedure]) -> None:
    """Plan again with the same parameters, and return if the changes are the same. Write nothing.

    The plan of an undo comes from the journal, not from the systems. For an undo, only the rows that
    `Procedure.undo_expects` requires are read again.

    Args:
        world: The systems, with the plan's rows locked.
        plan: The plan that was shown.
        find: Returns the procedure with a name.

    Raises:
        StalePlan: The procedure now plans other changes, or none.
        NothingChanged: The procedure now refuses, or a system did not respond.
    """
    procedure = find(plan.procedure)
    with procedure.defects_named(), world.reading():
        if plan.undoes:
            procedure.undo_expects(plan, world.now())
            return
        given = {name: value for name, value in plan.params.items() if value is not None}
        values = params.check(procedure.fields, given, procedure=procedure.name)
        new_plan = procedure.plan(world, procedure.bind(values))
        created = world.now()
    change = difference(plan, new_plan, created=created)
    if change:
        raise StalePlan.replanned(procedure=plan.procedure, **change)


@contextlib.contextmanager
def refusals_are_stale(plan: Plan) -> Iterator[None]:
    """Turn a refusal into a `StalePlan` with the same reason: the change was possible when the plan was made.

    Raises:
        StalePlan: The body refused.
    """
    try:
        yield
    except (ParamError, Refused, TargetNotFound) as refusal:
        raise StalePlan.refused(procedure=plan.procedure, what=refusal.what, why=refusal.why) from refusal


def difference(plan: Plan, new_plan: Plan, *, created: datetime) -> dict[str, str]:
    """Return the first different change, as planned and now; empty if there is none.

    Args:
        plan: The plan that was shown.
        new_plan: The plan that the procedure makes now.
        created: The creation time of `new_plan`.
    """
    comparison = _Comparison(plan, new_plan, created=created)
    for planned, now in itertools.zip_longest(plan.changes, new_plan.changes):
        if planned is None or now is None or not comparison.is_same(planned, now):
            nothing = new_plan.because or "no such change"
            return {
                "target": _name(planned or now),
                "planned": planned.describe() if planned else "no such change",
                "now": now.describe() if now else nothing,
            }
    return {}


class _Comparison:
    """Compares the changes of two plans of one procedure, apart from the times and UUIDs that each generated."""

    def __init__(self, plan: Plan, new_plan: Plan, *, created: datetime) -> None:
        """Pair the UUIDs of the rows that each plan inserts."""
        self._times = datetime.fromisoformat(plan.created), created
        self._uuids = dict(zip(_new_uuids(plan), _new_uuids(new_plan), strict=False))

    def is_same(self, planned: Change, now: Change) -> bool:
        """Return whether two changes are the same."""
        return type(planned) is type(now) and self._values(planned.as_json(), now.as_json())

    def _values(self, planned: Any, now: Any) -> bool:
        if isinstance(planned, dict) and isinstance(now, dict):
            return planned.keys() == now.keys() and all(self._values(planned[key], now[key]) for key in planned)
        if isinstance(planned, list) and isinstance(now, list):
            return len(planned) == len(now) and all(map(self._values, planned, now))
        if planned == now:
            return True
        if not (isinstance(planned, str) and isinstance(now, str)):
            return False
        return self._uuids.get(planned) == now or self._is_same_age(planned, now)

    def _is_same_age(self, planned: str, now: str) -> bool:
        """Return whether two timestamps are equally far from the creation times of their plans."""
        then, later = _timestamp(planned), _timestamp(now)
        return then is not None and later is not None and then - self._times[0] == later - self._times[1]


def _new_uuids(plan: Plan) -> Iterator[str]:
    """Yield the UUIDs of the rows that a plan inserts."""
    for change in plan.changes:
        if isinstance(change, RowInsert) and isinstance(uuid := _row(change).get("uuid"), str):
            yield uuid


def _row(change: RowInsert) -> Mapping[str, Any]:
    return {**change.row, **change.pk}


def _timestamp(value: str) -> datetime | None:
    """Return the timestamp that a text contains; None for any other text."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        return None
    return read if read.tzinfo else None


def _name(change: Change) -> str:
    return f"{change.system} {change.target}" if isinstance(change, Call) else f"{change.database} {row_name(change)}"
