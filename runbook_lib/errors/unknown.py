"""The error for an unknown outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class OutcomeUnknown(RunbookError):
    """It is unknown whether anything was changed.

    Attributes:
        run_id: The run.
        step: The step whose outcome is unknown.
    """

    changed = None
    exit_code = 8

    def __init__(
        self,
        *,
        run_id: str,
        step: str,
        cause: str,
        done: Sequence[str] = (),
        receipt: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Name the run, the step whose outcome is unknown, the cause, and the changes that were certainly made."""
        self.run_id, self.step = run_id, step
        self.changed = True if done else None
        made = f"after these changes were made: {'; '.join(done)}" if done else "before any other change was made"
        super().__init__(
            what=f"run {run_id} stopped {made}; the outcome of this step is unknown: {step}",
            why=cause,
            next_step=f"resolve the run: {commands.SETTLE}; if it stays unknown, check the object of this step by hand "
            f"and record what you found: {commands.record_finding(run_id, 'done')} (or not-done)",
        )
        self.details |= {"run_id": run_id, "state": "unknown", "unknown_step": step, "receipt": list(receipt)}

    @property
    def impact(self) -> str:
        """Whether anything was changed."""
        return "Something WAS changed, and the outcome of the last step is unknown." if self.changed else super().impact
