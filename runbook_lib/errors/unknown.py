"""The error for an unknown outcome."""

from __future__ import annotations

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands


class OutcomeUnknown(RunbookError):
    """It is unknown whether anything was changed."""

    changed = None
    exit_code = 8

    def __init__(self, *, run_id: str, step: str, cause: str) -> None:
        """Name the run, the step whose outcome is unknown, and the cause."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} stopped, and the outcome of this step is unknown: {step}",
            why=cause,
            next_step=f"resolve the run: {commands.SETTLE}; if it stays unknown, check the object of this step by hand "
            f"and record what you found: {commands.record_finding(run_id, 'done')} (or not-done)",
        )
