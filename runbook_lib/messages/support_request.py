"""The message for support: the guide's minimum lists, filled in from a text, with what is missing marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.messages.entry import Entry
    from runbook_lib.messages.facts import Facts

LONGEST_EXCERPT = 6000  # characters
_MOST_LINES = 80
_TRACEBACK = "traceback (most recent call last)"
_LABEL = re.compile(r"\Atraceback {0,4}+: {0,4}+", re.IGNORECASE)  # of an earlier message that was pasted
_KEEP = "also: whether the user was told NOT to delete the instance before the request is completed"

# Area → the lines of its message: field, label, and where to find it. The first two lists are the guide's.
LISTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "instance": (
        ("username", "Username", "the instance's owner"),
        ("instance_id", "Instance ID", "the instance's page in Troposphere, or provider_alias in the database"),
        ("ip_address", "IP Address", "the instance's page in Troposphere, or 'nova show'"),
        ("provider", "Cloud Provider", "the instance's page in Troposphere"),
        ("image", "Image/Application selected", "the instance's page in Troposphere; the image's UUID helps too"),
        ("size", "Size selected", "the instance's page in Troposphere"),
        ("fault", "Fault message from nova", "nova show INSTANCE_ID"),
        ("notes", "Additional notes from triage", "what you tried, when, and what came of it"),
    ),
    "imaging": (
        ("username", "Username", "the imaging request in Troposphere's Admin tab"),
        ("instance_id", "Instance ID", "the instance that is imaged, in the imaging request"),
        ("ip_address", "Instance IP", "the instance's page in Troposphere"),
        ("traceback", "Traceback", "the status message of the imaging request, all of it"),
        ("notes", "Additional notes from triage", f"what you tried, what is special about the request; {_KEEP}"),
    ),
    "site": (
        ("username", "Username", "whom it concerns; 'all' if everybody"),
        ("provider", "Cloud Provider", "which one, or 'all'"),
        ("time", "Time", "when it was first seen, with the time zone"),
        ("excerpt", "Message", "the literal message"),
        ("notes", "Additional notes from triage", "what you tried, when, and what came of it"),
    ),
}
# What else is worth telling, if the text says it.
_EXTRAS = {
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


@dataclass(frozen=True)
class Message:
    """A message for support.

    Attributes:
        text: Ready to be completed and pasted; secrets are masked.
        missing: The fields that the text did not tell, in the order of the message.
    """

    text: str
    missing: tuple[str, ...]


def write(shown: str, known: Facts, entries: Sequence[Entry]) -> Message:
    """Return the message that fits the best entry; without one, the text itself tells which list it is.

    Args:
        shown: The text, cleaned.
        known: What it says.
        entries: The diagnosis, best first.
    """
    area = entries[0].area if entries else _area(shown)
    values = _values(shown, known, entries, area)
    listed = [field for field, _, _ in LISTS[area]]
    lines, missing = [], []
    for field, label, where in LISTS[area]:
        if field == "notes":
            lines += [f"{_EXTRAS[extra]}: {values[extra]}" for extra in _EXTRAS if extra in values.keys() - {*listed}]
        if field in values:
            remark = " (the only id in the text: check that it is the instance)" if field in known.unsure else ""
            lines.append(f"{label}: {values[field]}{remark}")
        else:
            missing.append(field)
            lines.append(f"{label}: (MISSING: {where})")
    lines += _triage_lines(entries)
    return Message(text="\n".join(lines), missing=tuple(missing))


def _area(shown: str) -> str:
    lowered = shown.lower()
    imaging = ("machinerequest", "machine_request", "imaging", "- error -", "chromosnapshot", "validate_new_image")
    return "imaging" if any(sign in lowered for sign in imaging) else "instance"


def _values(shown: str, known: Facts, entries: Sequence[Entry], area: str) -> dict[str, str]:
    values = dict(known.found)
    if known.moments:
        values["time"] = " to ".join(known.moments) + " (as in the text; a time without an offset is the site's own)"
    traceback = _traceback(shown)
    telling = [entry for entry in entries if entry.kind in {"cause", "symptom"}]
    if area == "imaging" and (traceback or telling):
        values["traceback"] = traceback or _line(shown, telling[0].line)
    elif traceback or telling:
        values["excerpt"] = traceback or _line(shown, telling[0].line)
    elif shown.strip() and not entries:  # nobody knows it: whoever reads the message needs it
        values["excerpt"] = _bounded(shown.strip())
    if area == "instance" and "fault" not in values and telling and "nova" in telling[0].systems[:1]:
        values["fault"] = values.pop("excerpt", telling[0].matched)
    if "image" not in values and "image_id" in values:
        values["image"] = values["image_id"]
    return values


def _triage_lines(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries[:3]:
        yield f"- {commands.TRIAGE}: {entry.id}: {entry.meaning}"


def _traceback(shown: str) -> str:
    """Return the first traceback of the text with its exception, or with the one line that holds it all."""
    at = shown.lower().find(_TRACEBACK)
    if at < 0:
        return ""
    first = shown.rfind("\n", 0, at) + 1
    lines = shown[first : first + 2 * LONGEST_EXCERPT].split("\n")
    kept = lines[:1]
    for line in lines[1:_MOST_LINES]:
        kept.append(line)
        if not line.startswith((" ", "\t")):
            break
    return _bounded(_LABEL.sub("", "\n".join(kept).strip()))


def _line(shown: str, number: int) -> str:
    return _bounded(shown.split("\n", number)[number - 1].strip())


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_EXCERPT else f"{text[:LONGEST_EXCERPT]}… (cut: the whole text is longer)"
