"""The command `runbook triage`: explain a message, a traceback or part of a log, and show the next step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from runbook_lib.config import settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.cli.io import Output
    from runbook_lib.messages import Diagnosis, Entry

MAX_BYTES = 4 * 1024 * 1024
_DETAILED_ENTRIES = 3  # the others get one line each
_NO_MATCH = """\
This text contains no known message. Check next:
  an imaging request     its full status message in Troposphere, Admin, Imaging Requests; /var/log/celery/imaging.log
  an instance in error   nova show INSTANCE_ID: the line 'fault'
  networking, build      Flower: search for the instance's ID; /var/log/celery/
  deploying              argo list -n NAMESPACE -l instance_uuid=INSTANCE_ID; then atmosphere_deploy.d/
  a copy of an image     the output of application_sync_providers.py
  anything else          logs/atmosphere.log and atmosphere_api.log of that hour; logs/troposphere.log
Then run triage on the messages that you find there."""


def run(arguments: Sequence[str], output: Output, *, only_message: bool = False) -> None:
    """Diagnose a text. With ``--json``, standard output holds only the diagnosis, and remarks go to standard error.

    Args:
        arguments: The text; without one, or with ``-``, standard input is read.
        output: The command's output.
        only_message: Whether to print only the message for support.
    """
    from runbook_lib.messages import diagnose  # noqa: PLC0415 - compiles many patterns; '--help' needs none

    text, remark = _read(arguments)
    diagnosis = diagnose(text)
    if remark:
        output.preview(remark)
    text = diagnosis.message.text if only_message else report(diagnosis, pages_url=settings.pages_url())
    output.result(text, diagnosis.as_json())
    if only_message and diagnosis.message.missing:
        output.note(f"MISSING: {', '.join(diagnosis.message.missing)}")
    if output.as_json and not diagnosis.entries:
        output.note(_NO_MATCH)


def report(diagnosis: Diagnosis, *, pages_url: str = "") -> str:
    """Return the diagnosis as text: the entries, then the message for support.

    Args:
        diagnosis: The diagnosis.
        pages_url: The root of this site's pages, for links; empty for none.
    """
    root = f"{pages_url}/" if pages_url else ""
    detailed = enumerate(diagnosis.entries[:_DETAILED_ENTRIES], start=1)
    parts = [_details(number, entry, root) for number, entry in detailed]
    parts += [
        f"{number}. {entry.id} (line {entry.line}): {entry.meaning}"
        for number, entry in enumerate(diagnosis.entries[_DETAILED_ENTRIES:], start=_DETAILED_ENTRIES + 1)
    ]
    missing = f"; MISSING: {', '.join(diagnosis.message.missing)}" if diagnosis.message.missing else ""
    message = f"If that does not help, send this to support (likely secrets are masked{missing}):\n"
    return "\n\n".join([*(parts or [_NO_MATCH]), message + "\n" + diagnosis.message.text])


def _details(number: int, entry: Entry, root: str) -> str:
    return "\n".join(_lines(number, entry, root))


def _lines(number: int, entry: Entry, root: str) -> Iterator[str]:
    yield f"{number}. {entry.id} ({entry.kind}), line {entry.line}: {entry.matched}"
    yield f"   {entry.meaning}"
    for cause in entry.causes:
        yield f"   - {cause}"
    yield f"   Next: {entry.next_step}"
    for command in entry.commands:
        yield f"     {command}"
    yield f"   Page: {root}{entry.page}; check: {', '.join(entry.systems) or 'the text around it'}"


def _read(arguments: Sequence[str]) -> tuple[str, str]:
    """Return the text, and a remark if it was truncated. Bytes that are not UTF-8 are replaced by a marker."""
    if arguments and tuple(arguments) != ("-",):
        return " ".join(arguments), ""
    if sys.stdin.isatty():
        sys.stderr.write("Paste the text, then press Ctrl-D on a line of its own.\n")
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) <= MAX_BYTES:
        return data.decode("utf-8", "replace"), ""
    remark = f"Only the first {MAX_BYTES // 1024 // 1024} MiB were read. Pass the part around the failure."
    return data[:MAX_BYTES].decode("utf-8", "replace"), remark
