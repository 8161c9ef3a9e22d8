"""The errors that report a change in a system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PartlyApplied(RunbookError):
    """Something WAS changed: some changes were made, then one failed.

    Attributes:
        run_id: The run.
        receipt: The JSON of the receipt: exactly the changes that were made.
    """

    changed = True
    exit_code = 5

    def __init__(
        self, *, run_id: str, done: Sequence[str], failed: str, cause: str, receipt: Mapping[str, Any] | None = None
    ) -> None:
        """Name the run, the changes that were made, the change that failed, and the cause."""
        self.run_id = run_id
        self.receipt = dict(receipt or {})
        super().__init__(
            what=f"run {run_id} was applied only in part; done: {'; '.join(done)}; failed: {failed}",
            why=cause,
            next_step=f"fix the cause and run the procedure again (it makes the missing changes), "
            f"or undo the changes that were made: {commands.undo(run_id)}",
        )


class VerifyFailed(RunbookError):
    """Everything WAS applied, but the systems now differ from the plan."""

    changed = True
    exit_code = 6

    def __init__(self, *, run_id: str, mismatches: Sequence[str], why: str = "") -> None:
        """Name the run, each change that is not in effect, and the reason if it is not the usual one."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} was applied, but these changes are not in effect: {'; '.join(mismatches)}",
            why=why
            or "another writer changed the same data immediately afterwards, or the system did not keep the change",
            next_step=f"check the changes named above; to undo the run: {commands.undo(run_id)}",
        )


class NotVerified(RunbookError):
    """Everything WAS applied, but it could not be verified."""

    changed = True
    exit_code = 6

    def __init__(self, *, run_id: str, cause: str) -> None:
        """Name the run and the reason why the verification failed."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} was applied, but its changes could not be verified",
            why=cause,
            next_step=f"when the system responds, verify the run: {commands.SETTLE}",
        )
