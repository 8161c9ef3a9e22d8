"""Approvals: another operator's consent to exactly one saved plan, used once, for a limited time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runbook_lib.errors import Refused
from runbook_lib.journal.proof import signed_text
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runbook_lib.journal.run import Record
    from runbook_lib.journal.signatures import AllowedSigners
    from runbook_lib.model.plan import Plan

VALID_HOURS = 24


@dataclass(frozen=True)
class Approval:
    """One approval.

    Attributes:
        operator: Who approved, ``user@host``.
        time: When, ISO 8601.
        digest: The digest of its record; the intent of the run that uses it names it.
    """

    operator: str
    time: str
    digest: str


def run_id(plan: Plan) -> str:
    """Return the name under which a plan's approvals stand in the journal."""
    return f"approval-{plan.plan_id}"


def find(records: Iterable[Record], plan: Plan, *, operator: str, now: str, allowed: AllowedSigners | None) -> Approval:
    """Return an approval that this operator can use for this plan now.

    Args:
        records: The journal's records that match their digests.
        plan: The plan; an approval is bound to its ID, which is a digest of all that it says.
        operator: Who is about to apply it.
        now: The time, ISO 8601.
        allowed: Whose signatures count; None if the site does not use them.

    Raises:
        Refused: There is none; the reasons why those that exist can't be used are named.
    """
    records = list(records)
    used = {record.get("approval") for record in records if record["kind"] == "intent"}
    reasons = []
    for approval, record in _approvals(records, plan):
        reason = _unusable(approval, operator=operator, now=now, is_used=approval.digest in used)
        if not reason and allowed:
            reason = allowed.problem(signed_text(record), str(record.get("signature", "")), signer=approval.operator)
        if not reason:
            return approval
        reasons.append(f"the approval by {approval.operator}: {reason}")
    raise Refused(
        what=f"plan {plan.plan_id} of {plan.procedure} needs the approval of another operator",
        why="; ".join(reasons) or "RUNBOOK_APPROVAL requires it, and nobody approved this plan",
        next_step=f"ask a colleague to run '{commands.approve(plan.plan_id)}', then run "
        f"'{commands.apply_plan(plan.plan_id)}'",
    )


def _approvals(records: Iterable[Record], plan: Plan) -> Iterator[tuple[Approval, Record]]:
    for record in records:
        if record["kind"] == "approval" and record.get("plan_id") == plan.plan_id:
            yield Approval(str(record["operator"]), str(record["time"]), str(record["digest"])), record


def _unusable(approval: Approval, *, operator: str, now: str, is_used: bool) -> str:
    if _user(approval.operator) == _user(operator):
        return "an operator can't approve a plan and apply it"
    if is_used:
        return "it was used by another run"
    age = datetime.fromisoformat(now) - datetime.fromisoformat(approval.time)
    if not timedelta(0) <= age <= timedelta(hours=VALID_HOURS):
        return f"it is valid for {VALID_HOURS} hours from {approval.time}"
    return ""


def _user(operator: str) -> str:
    """Return the user of ``user@host``: the same person on another host is not another person."""
    return operator.partition("@")[0]
