"""Verify an earlier run: read its changes back. Changes no system, and writes nothing to the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.engine import targets
from runbook_lib.engine.readback import is_applied
from runbook_lib.errors import Refused
from runbook_lib.model import Call
from runbook_lib.text import commands

if TYPE_CHECKING:
    from runbook_lib.journal import Run
    from runbook_lib.model import Change
    from runbook_lib.model.protocols import Systems


@dataclass(frozen=True)
class Verification:
    """What reading a run back shows.

    Attributes:
        in_effect: The changes of the run that are in effect now.
        not_in_effect: Those that are not; what changed them since is unknown.
        unreadable: Calls that leave no trace, so nothing can show whether they are in effect.
    """

    in_effect: tuple[Change, ...]
    not_in_effect: tuple[Change, ...]
    unreadable: tuple[Change, ...]


def verify(world: Systems, run: Run) -> Verification:
    """Read the changes of a run back.

    Raises:
        Refused: The run's changes are unknown or altered, or it was made on other systems.
        NotConnected: A system did not respond.
    """
    if run.is_unknown or not run.is_intact:
        raise Refused(
            what=f"the changes of run {run.run_id} are unknown",
            why="it was interrupted" if run.is_unknown else "its journal records were altered after they were written",
            next_step=commands.SETTLE if run.is_unknown else commands.CHECK_JOURNAL,
        )
    if other := targets.difference(world, run.plan):
        raise Refused(
            what=f"run {run.run_id} changed {other.planned}, but the configured systems are {other.configured}",
            why=other.why,
            next_step="set the RUNBOOK_ variables as they were for that run",
        )
    unreadable = tuple(change for change in run.receipt if isinstance(change, Call) and change.leaves_no_trace)
    readable = [change for change in run.receipt if change not in unreadable]
    states = [is_applied(world, change) for change in readable]
    return Verification(
        in_effect=tuple(change for change, state in zip(readable, states, strict=True) if state),
        not_in_effect=tuple(change for change, state in zip(readable, states, strict=True) if not state),
        unreadable=unreadable,
    )
