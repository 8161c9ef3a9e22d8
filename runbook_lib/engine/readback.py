"""Read changes back: does the world look as it should afterwards?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.model import DATABASES, Call, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.model.protocols import Systems


def took_effect(world: Systems, changes: Sequence[Change]) -> bool:
    """Tell, on fresh connections, whether one commit's rows, or one call, took effect.

    A commit is all or nothing: one row that reads as afterwards shows that it happened.
    """
    for database in DATABASES:
        if rows := [c for c in changes if not isinstance(c, Call) and c.database == database]:
            world.rows(database).reconnect()
            world.rows(database).wait_for_others(rows)
    return any(holds(world, change) for change in changes)


def holds(world: Systems, change: Change) -> bool:
    """Tell whether the world now reads as it should after `change`."""
    if isinstance(change, Call):
        return bool(world.outside(change.system).current(change) == change.after)
    return world.rows(change.database).holds(change)
