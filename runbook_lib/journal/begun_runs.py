"""The runs that this process began: by them a defect knows whether anything was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Defect, RunbookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.journal.run import Run

_BEGUN: list[tuple[str, Callable[[], Run]]] = []  # grows with each run, whoever begins it, and never shrinks


def remember(run_id: str, read: Callable[[], Run]) -> None:
    """Keep that a run was begun.

    Args:
        run_id: The run.
        read: Returns it as its journal has it at that moment.
    """
    _BEGUN.append((run_id, read))


class BegunRuns:
    """The runs that this process begins from now on."""

    def __init__(self) -> None:
        self._first = len(_BEGUN)

    def defect(self, error: Exception, *, what: str) -> Defect:
        """Return the defect that an unforeseen exception shows, with what the journal knows about changes.

        Args:
            error: The exception; a `Defect` is returned itself.
            what: What failed.
        """
        changed, run_id = self._effect()
        if not isinstance(error, Defect):
            return Defect.of(error, what=what, changed=changed, run_id=run_id)
        if changed is not False:
            error.account_for(changed, run_id)
        return error

    def _effect(self) -> tuple[bool | None, str]:
        """Return whether anything was changed, and the run: one whose effect is unknown comes before all others."""
        effects = [(_changed(read), run_id) for run_id, read in _BEGUN[self._first :]]
        for kind in (None, True):
            for changed, run_id in reversed(effects):
                if changed is kind:
                    return changed, run_id
        return False, ""


def _changed(read: Callable[[], Run]) -> bool | None:
    try:
        return read().changed
    except (RunbookError, OSError):
        return None
