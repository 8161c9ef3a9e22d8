"""Read changes back: whether they are in effect, and whether a commit or call took effect."""

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


def read_effect(world: Systems, changes: Sequence[Change], *, witness: str = "") -> Effect:
    """Return whether one commit's rows, or one call, took effect. Read on new connections.

    The database is queried first, because it reports whether it committed a transaction. Without that report, only
    the presence of the complete effect is proof. Its absence is not, because another writer can have changed the same
    data since.

    Args:
        world: The systems.
        changes: The rows of one commit, or one call.
        witness: The identifier of the commit's transaction; empty for a call.
    """
    for database in DATABASES:
        if rows := [change for change in changes if not isinstance(change, Call) and change.database == database]:
            store = world.rows(database)
            store.reconnect()
            store.wait_for_other_writers(rows)
            committed = store.is_committed(witness) if witness else None
            if committed is not None:
                return Effect.YES if committed else Effect.NO
    return Effect.YES if all(is_applied(world, change) for change in changes) else Effect.UNKNOWN


def is_applied(world: Systems, change: Change) -> bool:
    """Return whether the systems are now in the state that `change` leads to."""
    if isinstance(change, Call):
        return bool(world.outside(change.system).current(change) == change.after)
    return world.rows(change.database).is_applied(change)
