"""The command `runbook triage`: a message, traceback or part of a log in, what it means and what to do out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook_lib.cli.io import Output
    from runbook_lib.messages import Diagnosis, Entry

MOST_BYTES = 4 * 1024 * 1024
_IN_FULL = 3  # entries; the others get one line each
_NOTHING = """\
Nothing in this text is known. Check next:
  an imaging request     its whole status message in Troposphere, Admin, Imaging Requests; /var/log/celery/imaging.log
  an instance in error   nova show INSTANCE_ID: the line 'fault'
  networking, build      Flower: search for the instance's id; /var/log/celery/
  deploying              argo list -n NAMESPACE -l instance_uuid=INSTANCE_ID; then atmosphere_deploy.d/
  a copy of an image     the output of application_sync_providers.py
  anything else          logs/atmosphere.log and atmosphere_api.log of that hour; logs/troposphere.log
Then run triage on what you find there."""


def run(words: Sequence[str], output: Output) -> None:
    """Diagnose a text. With ``--json`` the diagnosis is alone on standard output, and remarks are on standard error.

    Args:
        words: The text; none, or ``-``, reads standard input.
        output: Where the diagnosis goes.
    """
    from runbook_lib.messages import diagnose  # noqa: PLC0415 - compiles many patterns; '--help' needs none

    text, remark = _read(words)
    diagnosis = diagnose(text)
    if remark:
        output.preview(remark)
    output.result(report(diagnosis), diagnosis.as_json())
    if output.as_json and not diagnosis.entries:
        output.note(_NOTHING)


def report(diagnosis: Diagnosis) -> str:
    """Return the diagnosis for people: the entries, then the message for support."""
    parts = [_full(number, entry) for number, entry in enumerate(diagnosis.entries[:_IN_FULL], start=1)]
    parts += [
        f"{number}. {entry.id} (line {entry.line}): {entry.meaning}"
        for number, entry in enumerate(diagnosis.entries[_IN_FULL:], start=_IN_FULL + 1)
    ]
    missing = f"; MISSING: {', '.join(diagnosis.message.missing)}" if diagnosis.message.missing else ""
    message = f"If that does not help, send this to support (likely secrets are masked{missing}):\n"
    return "\n\n".join([*(parts or [_NOTHING]), message + "\n" + diagnosis.message.text])


def _full(number: int, entry: Entry) -> str:
    return "\n".join(_lines(number, entry))


def _lines(number: int, entry: Entry) -> Iterator[str]:
    yield f"{number}. {entry.id} ({entry.kind}), line {entry.line}: {entry.matched}"
    yield f"   {entry.meaning}"
    for cause in entry.causes:
        yield f"   - {cause}"
    yield f"   Next: {entry.next_step}"
    for command in entry.commands:
        yield f"     {command}"
    yield f"   Page: {entry.page}; check: {', '.join(entry.systems) or 'the text around it'}"


def _read(words: Sequence[str]) -> tuple[str, str]:
    """Return the text, and a remark if it is not all of it. Bytes that are no UTF-8 are marked, not refused."""
    if words and tuple(words) != ("-",):
        return " ".join(words), ""
    if sys.stdin.isatty():
        sys.stderr.write("Paste the text, then press Ctrl-D on a line of its own.\n")
    given = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(given) <= MOST_BYTES:
        return given.decode("utf-8", "replace"), ""
    remark = f"Only the first {MOST_BYTES // 1024 // 1024} MiB were read; give the part around the failure."
    return given[:MOST_BYTES].decode("utf-8", "replace"), remark
