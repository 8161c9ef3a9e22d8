"""The errors after which something is not as it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook_lib.errors.root import RunbookError
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PartlyApplied(RunbookError):
    """Something WAS changed: some changes were made, then one failed.

    Attributes:
        receipt: The JSON of the receipt: the changes that were made, and only those.
    """

    changed = True
    exit_code = 5

    def __init__(  # noqa: PLR0913 - all by name; each is a fact of the error
        self,
        *,
        run_id: str,
        done: Sequence[str],
        failed: str,
        cause: str,
        receipt: Mapping[str, Any] | None = None,
        resolve: bool = False,
    ) -> None:
        """Name the run, every change that was made, the one that failed, and why it did.

        With `resolve`, the outcome of the failed one is unknown, and the next step is to find it out.
        """
        self.run_id = run_id
        self.receipt = dict(receipt or {})
        super().__init__(
            what=f"run {run_id} was applied only in part: done: {'; '.join(done)}; failed: {failed}",
            why=cause,
            next_step=f"resolve the run as soon as the system responds: {commands.SETTLE}"
            if resolve
            else f"fix the cause and run the procedure again (it completes what is missing), "
            f"or undo what was done: {commands.undo(run_id)}",
        )


class VerifyFailed(RunbookError):
    """Everything WAS applied, but reading it back shows something else."""

    changed = True
    exit_code = 6

    def __init__(self, *, run_id: str, mismatches: Sequence[str]) -> None:
        """Name the run and each change that does not hold."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} was applied, but does not hold: {'; '.join(mismatches)}",
            why="another writer changed the same thing right afterwards, or the system did not keep the change",
            next_step=f"check the rows named above; take the run back with: {commands.undo(run_id)}",
        )


class NotVerified(RunbookError):
    """Everything WAS applied, and it could not be read back."""

    changed = True
    exit_code = 6

    def __init__(self, *, run_id: str, cause: str) -> None:
        """Name the run and why reading back failed."""
        self.run_id = run_id
        super().__init__(
            what=f"run {run_id} was applied, but its changes could not be read back",
            why=cause,
            next_step=f"verify it as soon as the system responds: {commands.SETTLE}",
        )
