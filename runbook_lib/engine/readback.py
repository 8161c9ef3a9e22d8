"""Read changes back: whether they are in effect now, and whether one commit or call took effect."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from runbook_lib.model import DATABASES, Call, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook_lib.model.protocols import Systems


class Effect(enum.Enum):
    """Whether one commit or call took effect."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def effect(world: Systems, changes: Sequence[Change], *, witness: str = "") -> Effect:
    """Return whether one commit's rows, or one call, took effect; read on fresh connections.

    The database is asked first: it knows what it committed. Without its answer, only the presence of the whole effect
    proves anything. Its absence does not: somebody else may have changed the same thing since.

    Args:
        world: The systems.
        changes: The rows of one commit, or one call.
        witness: What identifies the commit's transaction; empty for a call.
    """
    for database in DATABASES:
        if rows := [c for c in changes if not isinstance(c, Call) and c.database == database]:
            store = world.rows(database)
            store.reconnect()
            store.wait_for_other_writers(rows)
            committed = store.is_committed(witness) if witness else None
            if committed is not None:
                return Effect.YES if committed else Effect.NO
    return Effect.YES if all(holds(world, change) for change in changes) else Effect.UNKNOWN


def holds(world: Systems, change: Change) -> bool:
    """Return whether the systems now read as they should after `change`."""
    if isinstance(change, Call):
        return bool(world.outside(change.system).current(change) == change.after)
    return world.rows(change.database).is_applied(change)
