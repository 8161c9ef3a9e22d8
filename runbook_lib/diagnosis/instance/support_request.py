"""Compose the message for support about an instance: the guide's minimum list, from all sources; no I/O."""

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
"""A line of a message: label, value, and where to find the value if it is empty."""
_MAX_TEXTS, _MAX_CHARACTERS = 3, 1200
_NOTES = "what you tried, when, and the result"


def lines(evidence: InstanceEvidence) -> tuple[Line, ...]:
    """Return the guide's list without the notes; a value is empty if no source has it."""
    record, server = evidence.record, evidence.server
    row = record.current if record else None
    nova_size = f"flavor {server.flavor_id}" if server else ""
    no_fault = "none: Nova has no fault for this instance" if server else ""
    values = {
        "username": record.username if record else "",
        "instance_id": evidence.instance_id,
        "ip_address": evidence.address,
        "provider": record.provider if record else str(evidence.provider_id or ""),
        "image": evidence.image,
        "size": f"{row.size} ({row.size_alias})" if row else nova_size,
        "fault": evidence.fault or no_fault,
    }
    return tuple((label, mask(values[field]), hint) for field, label, hint in LISTS["instance"] if field in values)


def notes(evidence: InstanceEvidence, verdict: Verdict) -> Iterator[str]:
    """Yield the findings of triage, one paragraph each; likely secrets are masked."""
    yield mask(summary.summarize(evidence, verdict))
    if verdict.attempted:
        yield f"Already attempted according to the history: {', '.join(sorted(verdict.attempted))}."
    if evidence.workflows:
        yield "Argo workflows: " + ", ".join(f"{workflow.name} {workflow.state}" for workflow in evidence.workflows)
    failures = [(source, text) for source, text in texts(evidence) if text.strip()]
    for source, text in dict(reversed(failures[:_MAX_TEXTS])).items():
        yield f"{source} reports: {_bounded(mask(text))}"


def compose(lines: tuple[Line, ...], findings: tuple[str, ...], gaps: tuple[Gap, ...]) -> str:
    """Return the message, ready to complete and send; a missing value has a hint where to find it."""
    text = [f"{label}: {value or f'(MISSING: {hint})'}" for label, value, hint in lines]
    text += [f"Additional notes from triage: (ADD: {_NOTES})", *(f"- {finding}" for finding in findings)]
    text += [f"- unknown: {gap.source}: {mask(gap.why)}" for gap in gaps]
    return "\n".join(text)


def _bounded(text: str) -> str:
    return (
        text
        if len(text) <= _MAX_CHARACTERS
        else f"{text[:_MAX_CHARACTERS]}… ({len(text) - _MAX_CHARACTERS} more characters)"
    )
