"""Compose the message for support: the guide's minimum lists with the facts of a text; missing lines are marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.messages.entry import Entry
    from runbook_lib.messages.facts import Facts

MAX_EXCERPT = 6000  # characters
MAX_LINES = 80
_TRACEBACK = "traceback (most recent call last)"
LABEL = re.compile(r"\Atraceback {0,4}+: {0,4}+", re.IGNORECASE)  # of an earlier message for support
_KEEP = "also: whether the user was asked NOT to delete the instance before the request is completed"

# Area → the lines of its message: field, label, and where to find the value. The first two lists are the guide's.
LISTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "instance": (
        ("username", "Username", "the instance's owner"),
        ("instance_id", "Instance ID", "the instance's page in Troposphere, or provider_alias in the database"),
        ("ip_address", "IP Address", "the instance's page in Troposphere, or 'nova show'"),
        ("provider", "Cloud Provider", "the instance's page in Troposphere"),
        ("image", "Image/Application selected", "the instance's page in Troposphere; add the image's UUID if known"),
        ("size", "Size selected", "the instance's page in Troposphere"),
        ("fault", "Fault message from nova", "nova show INSTANCE_ID"),
        ("notes", "Additional notes from triage", "what you tried, when, and the result"),
    ),
    "imaging": (
        ("username", "Username", "the imaging request in Troposphere's Admin tab"),
        ("instance_id", "Instance ID", "the instance of the imaging request"),
        ("ip_address", "Instance IP", "the instance's page in Troposphere"),
        ("traceback", "Traceback", "the complete status message of the imaging request"),
        ("notes", "Additional notes from triage", f"what you tried, what is unusual about the request; {_KEEP}"),
    ),
    "site": (
        ("username", "Username", "the affected user, or 'all'"),
        ("provider", "Cloud Provider", "the affected provider, or 'all'"),
        ("time", "Time", "when the problem first appeared, with the time zone"),
        ("excerpt", "Message", "the literal message"),
        ("notes", "Additional notes from triage", "what you tried, when, and the result"),
    ),
}
# Further facts, added if the text contains them.
EXTRAS = {
    "request_id": "Imaging request",
    "application_id": "Application ID",
    "image_id": "Image UUID",
    "provider": "Cloud Provider",
    "provider_id": "Provider ID",
    "task_id": "Celery task",
    "workflow": "Argo workflow",
    "time": "Time",
    "excerpt": "Message",
}
# Texts, in lower case, by which an unknown text is about an imaging request.
IMAGING_SIGNS = ("machinerequest", "machine_request", "imaging", "- error -", "chromosnapshot", "validate_new_image")


@dataclass(frozen=True)
class Message:
    """A message for support.

    Attributes:
        text: Ready to complete and send; secrets are masked.
        missing: The fields without a value in the text, in the order of the message.
    """

    text: str
    missing: tuple[str, ...]


def compose(cleaned: str, facts: Facts, entries: Sequence[Entry]) -> Message:
    """Return the message for the area of the best entry; without an entry, the text itself decides the area.

    Args:
        cleaned: The text, cleaned.
        facts: The facts of the text.
        entries: The diagnosis, best first.
    """
    area = entries[0].area if entries else _area(cleaned)
    values = _values(cleaned, facts, entries, area)
    listed = [field for field, _, _ in LISTS[area]]
    lines, missing = [], []
    for field, label, hint in LISTS[area]:
        if field == "notes":
            lines += [f"{EXTRAS[extra]}: {values[extra]}" for extra in EXTRAS if extra in values.keys() - {*listed}]
        if field in values:
            remark = " (the only id in the text: check that it is the instance)" if field in facts.unlabeled else ""
            lines.append(f"{label}: {values[field]}{remark}")
        else:
            missing.append(field)
            lines.append(f"{label}: (MISSING: {hint})")
    lines += _triage_lines(entries)
    return Message(text="\n".join(lines), missing=tuple(missing))


def _area(cleaned: str) -> str:
    lowered = cleaned.lower()
    return "imaging" if any(sign in lowered for sign in IMAGING_SIGNS) else "instance"


def _values(cleaned: str, facts: Facts, entries: Sequence[Entry], area: str) -> dict[str, str]:
    values = dict(facts.values)
    if facts.times:
        values["time"] = " to ".join(facts.times) + " (as in the text; without an offset: the site's local time)"
    traceback = _traceback(cleaned)
    failures = [entry for entry in entries if entry.kind in {"cause", "symptom"}]
    if area == "imaging" and (traceback or failures):
        values["traceback"] = traceback or _line(cleaned, failures[0].line)
    elif traceback or failures:
        values["excerpt"] = traceback or _line(cleaned, failures[0].line)
    elif cleaned.strip() and not entries:  # no rule matches: the reader of the message must see the text
        values["excerpt"] = _bounded(cleaned.strip())
    if area == "instance" and "fault" not in values and failures and "nova" in failures[0].systems[:1]:
        values["fault"] = values.pop("excerpt", failures[0].matched)
    if "image" not in values and "image_id" in values:
        values["image"] = values["image_id"]
    return values


def _triage_lines(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries[:3]:
        yield f"- {commands.TRIAGE}: {entry.id}: {entry.meaning}"


def _traceback(cleaned: str) -> str:
    """Return the first traceback of the text up to its exception; empty if the text has none."""
    position = cleaned.lower().find(_TRACEBACK)
    if position < 0:
        return ""
    first = cleaned.rfind("\n", 0, position) + 1
    lines = cleaned[first : first + 2 * MAX_EXCERPT].split("\n")
    kept = lines[:1]
    for line in lines[1:MAX_LINES]:
        kept.append(line)
        if not line.startswith((" ", "\t")):
            break
    return _bounded(LABEL.sub("", "\n".join(kept).strip()))


def _line(cleaned: str, number: int) -> str:
    return _bounded(cleaned.split("\n", number)[number - 1].strip())


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_EXCERPT else f"{text[:MAX_EXCERPT]}… (truncated)"
