"""What is the matter with an instance: its state, what each source says of the cause, and how far staff have got."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.diagnosis.instance import limits
from runbook_lib.diagnosis.instance.evidence import minutes_between
from runbook_lib.diagnosis.instance.timeline import is_trouble
from runbook_lib.messages import classify
from runbook_lib.text.mask import mask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from runbook_lib.diagnosis.instance.evidence import InstanceEvidence
    from runbook_lib.messages import Entry

GONE, NO_STATUS, ENDED = "gone", "no status", "ended"
_ON_THE_WAY = ("build", "networking", "deploying", "redeploy", "reboot", "hard_reboot")
_OPEN = (*_ON_THE_WAY, *limits.FAILED)
_STAGES = {
    "networking": "networking",
    "deploying": "deploying",
    "running_boot_script": "deploying",
    "deploy_error": "deploy_error",
    "boot_script_error": "deploy_error",
    "redeploying": "redeploy",
    "initializing": "build",
}
_TELLING = ("cause", "symptom")


@dataclass(frozen=True)
class Verdict:
    """What is the matter.

    Attributes:
        state: The status that the path goes by; `GONE`, `NO_STATUS` or `ENDED` where there is none.
        activity: The task within it; may be empty.
        since: Since when, as far as somebody looked; None when nobody knows.
        minutes: For how many minutes.
        late: The limit that has passed, in words; empty when none has.
        nova: What Nova says, in words; empty when it did not tell.
        differs: Whether Nova says another state than the database.
        causes: What each source says of the cause: source and diagnosis, the one that counts most first.
        meaning: The diagnosis of the state itself; None when the rules do not know it.
        tried: What staff or the user tried since it failed first: ``redeploy``, ``reboot``, ``hard_reboot``.
    """

    state: str
    activity: str = ""
    since: datetime | None = None
    minutes: int = 0
    late: str = ""
    nova: str = ""
    differs: bool = False
    causes: tuple[tuple[str, Entry], ...] = ()
    meaning: Entry | None = None
    tried: frozenset[str] = frozenset()


def judge(evidence: InstanceEvidence, *, now: datetime) -> Verdict:
    """Return what is the matter with an instance. Nova's word counts more than the database, which can be behind."""
    row = evidence.known.current if evidence.known else None
    stated = row.status.lower() if row else NO_STATUS
    said, activity = _nova_state(evidence)
    state = _state(evidence, stated, said)
    differs = bool(said) and said != stated and state == said and row is not None
    since = row.start if row and not differs else None
    if since is None and evidence.server:
        since = evidence.server.updated
    activity = (row.activity if row and not differs else activity) or ""
    minutes = minutes_between(since, now) if since else 0
    within = activity if activity in {"user_deploy_error", "boot_script_error"} else state
    return Verdict(
        state=state,
        activity=activity,
        since=since,
        minutes=minutes,
        late=_late(state, minutes),
        nova=_nova_words(evidence),
        differs=differs,
        causes=tuple(_causes(evidence, state, activity)),
        meaning=_meaning(within),
        tried=_tried(evidence),
    )


def _meaning(status: str) -> Entry | None:
    """Return what a status means: some are also those of an imaging request."""
    entry = classify(status)
    return entry if entry is None or entry.area == "instance" else classify(f"active - {status}")


def _state(evidence: InstanceEvidence, stated: str, said: str) -> str:
    known = evidence.known
    if known and known.ended:
        return ENDED
    if evidence.nova_told and evidence.server is None:
        return GONE if stated not in {"deleted", "unknown"} else stated
    if said and (stated in (*_OPEN, NO_STATUS, "active", "unknown") or said == "error"):
        return said
    return stated


def _nova_state(evidence: InstanceEvidence) -> tuple[str, str]:
    """Return the status as the database would keep it, and the task within."""
    if evidence.server is None:
        return "", ""
    status, _, within = evidence.server.stage.partition(" - ")
    return (_STAGES.get(within, status) if status == "active" else status), within


def _nova_words(evidence: InstanceEvidence) -> str:
    if evidence.server is None:
        return "Nova has no such server" if evidence.nova_told else ""
    fault = evidence.fault
    return f"Nova says {evidence.server.stage}" + (f", with the fault {fault!r}" if fault else "")


def _late(state: str, minutes: int) -> str:
    if state not in limits.LIMITS:
        return ""
    limit = limits.LIMITS[state].minutes
    if limit is not None and minutes > limit:
        return f"past the limit of Atmosphere's code, {limit} minutes"
    return f"past the guide's {limits.GUIDE_MINUTES} minutes" if minutes > limits.GUIDE_MINUTES else ""


def _causes(evidence: InstanceEvidence, state: str, activity: str) -> Iterator[tuple[str, Entry]]:
    """Yield what is recognized, once each; of an instance that works nothing old is dug up."""
    if state not in _OPEN and not activity.endswith("_error"):
        return
    seen = set()
    for source, text in texts(evidence):
        entry = classify(text)
        if entry and entry.kind in _TELLING and entry.id not in seen:
            seen.add(entry.id)
            yield source, entry


def texts(evidence: InstanceEvidence) -> Iterator[tuple[str, str]]:
    """Yield source and literal text of what failed, the one that counts most first; likely secrets are masked."""
    if evidence.server and evidence.server.fault:
        of = evidence.server.fault
        yield "nova", mask(f"{of.message}\n{of.details or ''}".strip())
    row = evidence.known.current if evidence.known else None
    if row and row.error_text:
        yield "database", row.error_text
    elif evidence.server and (told := evidence.server.metadata.get("fault_trace")):
        yield "nova", mask(f"{evidence.server.metadata.get('fault_message', '')}\n{told}".strip())
    for task in reversed(evidence.tasks or ()):
        if task.is_trouble and (task.exception or task.traceback):
            yield "celery", f"{task.exception}\n{task.traceback}".strip()
    for flow in reversed(evidence.workflows or ()):
        if flow.phase in ("Failed", "Error"):
            yield "argo", f"{flow.name} {flow.phase}\n{mask(flow.message)}".strip()
    for record in reversed(evidence.lines.records if evidence.lines else ()):
        if is_trouble(record):
            yield "logs", record.text


def _tried(evidence: InstanceEvidence) -> frozenset[str]:
    """Return what was tried since the first deploy_error in a row of tries: those rows follow it in the history."""
    rows = evidence.known.history if evidence.known else ()
    tried: set[str] = set()
    for row in reversed(rows):
        if row.status in {"active", "error"}:
            break
        tried |= {row.status} & {"redeploy", "reboot", "hard_reboot"}
    if not any(row.status == "deploy_error" for row in rows):
        return frozenset(tried & {"reboot", "hard_reboot"})
    return frozenset(tried)
