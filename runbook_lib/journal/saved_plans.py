"""The plans that ``runbook plan`` saves for ``runbook apply --plan``, one JSON file each, named by the digest."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from runbook_lib.config import private
from runbook_lib.errors import Refused, TargetNotFound
from runbook_lib.model.plan import Plan
from runbook_lib.text import commands

if TYPE_CHECKING:
    from pathlib import Path


class SavedPlans:
    """The saved plans of one ``RUNBOOK_HOME``."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "plans"

    def save(self, plan: Plan) -> None:
        """Write a plan. Saving the same plan again has no effect.

        Raises:
            Refused: The folder can't be written.
        """
        try:
            private.folder(self.folder)
            private.write(self.folder / f"{plan.plan_id}.json", json.dumps(plan.as_json(), indent=1))
        except OSError as error:
            raise Refused.unwritable(f"the folder of saved plans {self.folder}", error) from error

    def load(self, plan_id: str) -> Plan:
        """Return a saved plan.

        Raises:
            TargetNotFound: No saved plan has this ID.
            Refused: The file was altered, holds another plan, or can't be read.
        """
        path = self.folder / f"{plan_id}.json"
        if not re.fullmatch(r"[0-9a-f]{12}", plan_id) or not path.exists():
            raise TargetNotFound(
                kind="saved plan",
                key=plan_id,
                where=str(self.folder),
                next_step=f"'{commands.PLAN} PROCEDURE …' makes a plan and prints its ID",
            )
        damaged = Refused(
            what=f"the saved plan {plan_id} is damaged or was modified",
            why="its content does not match its ID",
            next_step="plan again",
        )
        try:
            plan = Plan.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged from error
        if plan.plan_id != plan_id:
            raise damaged
        return plan
