"""Plan, apply, verify, undo and inspect. This package holds the only code that writes to a system."""

from runbook_lib.engine.apply import apply, make_plan, rehearse
from runbook_lib.engine.policy import Policy
from runbook_lib.engine.read_only import inspect
from runbook_lib.engine.readback import is_applied
from runbook_lib.engine.settle import HandCheck, Settled, record_finding, settle
from runbook_lib.engine.undo import plan_undo
from runbook_lib.engine.verify import Verification, verify

__all__ = [
    "HandCheck",
    "Policy",
    "Settled",
    "Verification",
    "apply",
    "inspect",
    "is_applied",
    "make_plan",
    "plan_undo",
    "record_finding",
    "rehearse",
    "settle",
    "verify",
]
