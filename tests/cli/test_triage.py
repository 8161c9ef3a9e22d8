"""`runbook triage` as operators type it: arguments, standard input, JSON, limits, and undecodable bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from runbook_lib.cli import triage
from runbook_lib.messages import diagnose

MESSAGE = "Maximum number of instances exceeded"


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command in a separate process, with this standard input."""
    return subprocess.run(
        [sys.executable, "-m", "runbook_lib", "triage", *arguments],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def answer_json(*arguments: str, given: bytes = b"") -> Any:
    """Return the JSON of a successful command."""
    done = run("--json", *arguments, given=given)
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "given"),
    [((MESSAGE,), b""), (tuple(MESSAGE.split()), b""), (("-",), MESSAGE.encode()), ((), MESSAGE.encode())],
)
def test_text_comes_from_arguments_or_standard_input(arguments: tuple[str, ...], given: bytes) -> None:
    """One argument, several, '-' and none at all ask the same question."""
    assert "nova-instance-limit" == answer_json(*arguments, given=given)["entries"][0]["id"]


def test_text_output_has_every_part_in_order() -> None:
    """The text names the message, its meaning, the next step, commands and page, then the message for support."""
    output = run(MESSAGE).stdout.decode()
    order = [
        "1. nova-instance-limit",
        "Nova rejects",
        "Next: Compare",
        "runbook plan",
        "Page: runbooks/",
        "Username: (MISSING",
    ]

    assert order == sorted((part for part in order if part in output), key=output.index)


def test_page_is_a_link_if_the_site_has_an_address() -> None:
    """A terminal makes it clickable; without an address it is the path below the site."""
    diagnosis = diagnose(MESSAGE)
    page = diagnosis.entries[0].page

    assert f"Page: {page}; check" in triage.report(diagnosis)
    assert f"Page: https://a.example.org/r/{page}; check" in triage.report(
        diagnosis, pages_url="https://a.example.org/r"
    )


def test_message_alone_is_ready_to_paste() -> None:
    """Standard output is the message, without indentation or other lines; what is missing is on standard error."""
    done = run("--message", MESSAGE)

    assert diagnose(MESSAGE).message.text + "\n" == done.stdout.decode()
    assert done.stderr.startswith(b"MISSING: username, ")


def test_unknown_text_exits_with_0_and_names_checks() -> None:
    """No match is not a failure: exit 0, an empty list, and the next checks; with --json beside the document."""
    plain, as_json = run("all is well"), run("all is well", "--json")

    assert (0, 0) == (plain.returncode, as_json.returncode)
    assert "Check next:" in plain.stdout.decode()
    assert [] == json.loads(as_json.stdout)["entries"]
    assert "Check next:" in as_json.stderr.decode()


def test_undecodable_bytes_are_tolerated() -> None:
    """Bytes that are not UTF-8 are marked in the repeated text; the rest is read."""
    answer = answer_json("-", given=b"\xff\xfe\x00 Instance IP Missing? a\x80b\n" + MESSAGE.encode())

    assert {"instance-ip-missing", "nova-instance-limit", "imaging-instance-limit"} == {
        entry["id"] for entry in answer["entries"]
    }


def test_undecodable_argument_is_tolerated() -> None:
    """An argument of undecodable bytes does not stop the command."""
    assert "celery-stopped" == answer_json(os.fsdecode(b"\xffceleryd is stopped")[1:])["entries"][0]["id"]


def test_escape_sequences_are_removed() -> None:
    """Both output formats leave out sequences that move the cursor or set a title."""
    given = b"\x1b]0;x\x07\x1b[2J\x9b31mServer \x1b[31ma\x1b[0m does not exist\x08\x08"

    output = run("-", given=given).stdout + run("-", "--json", given=given).stdout

    assert [] == [byte for byte in (b"\x1b", b"\x07", b"\x08", b"\x9b31m") if byte in output]


def test_input_over_the_limit_is_shortened_and_reported() -> None:
    """An endless input is read up to the limit, and the output says so; a message before the limit is found."""
    done = run("-", given=MESSAGE.encode() + b"\n" * triage.MAX_BYTES)

    assert "Only the first 4 MiB were read" in done.stdout.decode()
    assert "1. nova-instance-limit" in done.stdout.decode()


def test_text_at_the_limit_is_complete() -> None:
    """The limit itself is not too long."""
    done = run("-", "--json", given=MESSAGE.encode().ljust(triage.MAX_BYTES))

    assert b"" == done.stderr
