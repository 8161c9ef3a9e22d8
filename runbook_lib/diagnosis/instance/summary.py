"""Summarize the verdict on an instance in sentences."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS
from runbook_lib.text.words import age

if TYPE_CHECKING:
    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.diagnosis.instance.verdict import Verdict

_MAX_CAUSES = 2


def summarize(evidence: InstanceEvidence, verdict: Verdict) -> str:
    """Return the state with its age, the state in Nova, and what it means."""
    sentences = [f"{describe(evidence)} {describe_state(evidence, verdict)}."]
    if verdict.nova_differs and evidence.record and evidence.record.current:
        sentences.append(f"The database still shows {evidence.record.current.status}; it is out of date.")
    if verdict.nova_report:
        sentences.append(f"{verdict.nova_report}.")
    sentences += [f"{entry.meaning} ({source})" for source, entry in verdict.causes[:_MAX_CAUSES]]
    if verdict.meaning and (not verdict.causes or verdict.activity.endswith("_error")):
        sentences.append(verdict.meaning.meaning)
    return " ".join(sentences)


def describe(evidence: InstanceEvidence) -> str:
    """Return the instance's UUID with its name, owner and provider."""
    record = evidence.record
    if record:
        return f"Instance {record.instance_id} ({record.name}, owner {record.username}, provider {record.provider})"
    reason = "not in the database" if evidence.database_responded else "the database did not respond"
    return f"Instance {evidence.instance_id} ({reason})"


def describe_state(evidence: InstanceEvidence, verdict: Verdict) -> str:
    """Return the state as the end of a sentence."""
    if verdict.state == ENDED and evidence.record and evidence.record.ended:
        return f"ended on {evidence.record.ended:%Y-%m-%d %H:%M} UTC"
    if verdict.state == GONE:
        return "is in the database but not in the cloud"
    if verdict.state == NO_STATUS:
        return "has no status yet, because no page or check has read it"
    activity = f" ({verdict.activity})" if verdict.activity else ""
    limit = f", {verdict.exceeded_limit}" if verdict.exceeded_limit else ""
    return f"has been in {verdict.state}{activity} for {age(timedelta(minutes=verdict.minutes))}{limit}"
