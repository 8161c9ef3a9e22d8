"""A site's rules for applying a plan: how large it may be, and when another operator must approve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan


@dataclass(frozen=True)
class Policy:
    """The rules.

    Attributes:
        approved_procedures: The procedures whose plans need an approval; ``*`` means all.
        approved_above: Plans with more changes than this need an approval; None for no such rule.
        max_changes: The largest number of rows and objects that a plan may change; None for no limit.
    """

    approved_procedures: frozenset[str] = frozenset()
    approved_above: int | None = None
    max_changes: int | None = None

    def check_size(self, plan: Plan) -> None:
        """Return if a plan is not larger than allowed.

        Raises:
            Refused: It is; nothing was changed.
        """
        if self.max_changes is not None and len(plan.changes) > self.max_changes:
            raise Refused(
                what=f"the plan of {plan.procedure} has {count(len(plan.changes), 'change')}",
                why=f"RUNBOOK_MAX_CHANGES allows {self.max_changes}",
                next_step="narrow the parameters; if every change is meant, raise RUNBOOK_MAX_CHANGES for this command",
            )

    def needs_approval(self, plan: Plan) -> bool:
        """Return whether another operator must approve a plan. An undo restores what was there and needs none."""
        if plan.undoes or not plan.changes:
            return False
        is_listed = bool({plan.procedure, "*"} & self.approved_procedures)
        return is_listed or (self.approved_above is not None and len(plan.changes) > self.approved_above)
