"""The message for support about an instance: the guide's minimum list, filled in from all sources; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import summary
from runbook_lib.diagnosis.instance.verdict import texts
from runbook_lib.messages.support_request import LISTS
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.diagnosis.instance.verdict import Verdict
    from runbook_lib.model.inspection import Gap

Line = tuple[str, str, str]
"""A line of a message: label, value, and where to find the value when it is empty."""
_TEXTS, _LONG = 3, 1200
_NOTES = "what you tried, when, and what came of it"


def lines(evidence: InstanceEvidence) -> tuple[Line, ...]:
    """Return the guide's list, without the notes; a value that no source told is empty."""
    known, server = evidence.known, evidence.server
    row = known.current if known else None
    nova_size = f"flavor {server.flavor_id}" if server else ""
    no_fault = "none: Nova has no fault for it" if server else ""
    values = {
        "username": known.username if known else "",
        "instance_id": evidence.instance_id,
        "ip_address": evidence.address,
        "provider": known.provider if known else str(evidence.provider_id or ""),
        "image": evidence.image,
        "size": f"{row.size} ({row.size_alias})" if row else nova_size,
        "fault": evidence.fault or no_fault,
    }
    return tuple((label, mask(values[field]), where) for field, label, where in LISTS["instance"] if field in values)


def notes(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[str]:
    """Yield what triage found, a paragraph each; likely secrets are masked."""
    yield mask(summary.answer(evidence, verdict))
    if verdict.tried:
        yield f"Tried already, by the history: {', '.join(sorted(verdict.tried))}."
    if evidence.workflows:
        yield "Argo workflows: " + ", ".join(f"{workflow.name} {workflow.state}" for workflow in evidence.workflows)
    told = [(source, text) for source, text in texts(evidence) if text.strip()]
    for source, text in dict(reversed(told[:_TEXTS])).items():
        yield f"{source} says: {_bounded(mask(text))}"


def message(filled: tuple[Line, ...], found: tuple[str, ...], gaps: tuple[Gap, ...]) -> str:
    """Return the message, ready to be completed and pasted: what is missing says where to find it."""
    text = [f"{label}: {value or f'(MISSING: {where})'}" for label, value, where in filled]
    text += [f"Additional notes from triage: (ADD: {_NOTES})", *(f"- {one}" for one in found)]
    text += [f"- not known: {gap.source}: {mask(gap.why)}" for gap in gaps]
    return "\n".join(text)


def _bounded(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[:_LONG]}… ({len(text) - _LONG} more characters)"
