"""What is the matter with an instance, in sentences."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance.verdict import ENDED, GONE, NO_STATUS
from runbook_lib.text.words import age

if TYPE_CHECKING:
    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.diagnosis.instance.verdict import Verdict

_CAUSES = 2


def answer(evidence: InstanceEvidence, verdict: Verdict) -> str:
    """Return state, age, what Nova says, and what it means."""
    words = [f"{named(evidence)} {state(evidence, verdict)}."]
    if verdict.differs and evidence.known and evidence.known.current:
        words.append(f"The database still says {evidence.known.current.status}: it is behind.")
    if verdict.nova:
        words.append(f"{verdict.nova}.")
    words += [f"{entry.meaning} ({source})" for source, entry in verdict.causes[:_CAUSES]]
    if verdict.meaning and (not verdict.causes or verdict.activity.endswith("_error")):
        words.append(verdict.meaning.meaning)
    return " ".join(words)


def named(evidence: InstanceEvidence) -> str:
    """Return the instance with its name, owner and provider."""
    known = evidence.known
    if known:
        return f"Instance {known.instance_id} ({known.name}, of {known.username}, on {known.provider})"
    told = "which no row of the database knows" if evidence.asked else "the database was not heard"
    return f"Instance {evidence.instance_id} ({told})"


def state(evidence: InstanceEvidence, verdict: Verdict) -> str:
    """Return its state as the end of a sentence."""
    if verdict.state == ENDED and evidence.known and evidence.known.ended:
        return f"ended on {evidence.known.ended:%Y-%m-%d %H:%M} UTC"
    if verdict.state == GONE:
        return "is in the database, and not in the cloud"
    if verdict.state == NO_STATUS:
        return "has no status yet: nobody has looked at it"
    activity = f" ({verdict.activity})" if verdict.activity else ""
    late = f", {verdict.late}" if verdict.late else ""
    return f"is {verdict.state}{activity}, for {age(timedelta(minutes=verdict.minutes))}{late}"
