"""The error after which it is unknown whether anything was changed."""

from __future__ import annotations

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands


class OutcomeUnknown(RunbookError):
    """Whether anything was changed is unknown."""

    changed = None
    exit_code = 8

    def __init__(self, *, run_id: str, step: str, cause: str) -> None:
        """Name the run, the step whose outcome is unknown, and why it is."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} stopped, and the outcome of this step is unknown: {step}",
            why=cause,
            next_step=f"check the object of the step by hand, then record what can be read: {commands.SETTLE}",
        )
