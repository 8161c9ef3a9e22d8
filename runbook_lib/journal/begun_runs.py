"""The runs that this process started. They show whether anything was changed before a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Defect, RunbookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.journal.run import Run

_BEGUN: list[tuple[str, Callable[[], Run]]] = []  # one entry per run that this process starts; never shrinks


def register(run_id: str, read: Callable[[], Run]) -> None:
    """Register a run that was started.

    Args:
        run_id: The run.
        read: Returns the run according to the current journal.
    """
    _BEGUN.append((run_id, read))


class BegunRuns:
    """The runs that this process starts after this object is created."""

    def __init__(self) -> None:
        self._first = len(_BEGUN)

    def defect(self, error: Exception, *, what: str) -> Defect:
        """Return the defect behind an unforeseen exception, with the journal's facts about changes.

        Args:
            error: The exception; a `Defect` is updated and returned.
            what: A sentence that names the failed command or call.
        """
        changed, run_id = self.effect()
        if not isinstance(error, Defect):
            return Defect.from_exception(error, what=what, changed=changed, run_id=run_id)
        if changed is not False:
            error.set_effect(changed, run_id)
        return error

    def effect(self) -> tuple[bool | None, str]:
        """Return whether anything was changed, and the run. A run with an unknown effect takes precedence."""
        effects = [(_read_changed(read), run_id) for run_id, read in _BEGUN[self._first :]]
        for wanted in (None, True):
            for changed, run_id in reversed(effects):
                if changed is wanted:
                    return changed, run_id
        return False, ""


def _read_changed(read: Callable[[], Run]) -> bool | None:
    try:
        return read().changed
    except (RunbookError, OSError):
        return None
