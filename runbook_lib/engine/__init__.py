"""Plan, apply, verify, undo, inspect: the only code that writes to a system."""

from runbook_lib.engine.apply import apply, make_plan, rehearse
from runbook_lib.engine.read_only import inspect
from runbook_lib.engine.readback import holds
from runbook_lib.engine.settle import Settled, settle
from runbook_lib.engine.undo import plan_undo

__all__ = ["Settled", "apply", "holds", "inspect", "make_plan", "plan_undo", "rehearse", "settle"]
