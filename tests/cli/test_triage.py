"""`runbook triage`, as it is typed: words, standard input, JSON, bounds, and bytes that are no text."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from runbook_lib.cli import triage

MESSAGE = "Maximum number of instances exceeded"


def run(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own, with what is given on its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "runbook_lib", "triage", *words],
        input=given,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def answer(*words: str, given: bytes = b"") -> Any:
    """Return the JSON of a command that ends well."""
    done = run("--json", *words, given=given)
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("words", "given"),
    [((MESSAGE,), b""), (tuple(MESSAGE.split()), b""), (("-",), MESSAGE.encode()), ((), MESSAGE.encode())],
)
def test_a_text_is_taken_from_words_or_standard_input(words: tuple[str, ...], given: bytes) -> None:
    """One word, several words, '-' and nothing at all are the same question."""
    assert "imaging-instance-limit" == answer(*words, given=given)["entries"][0]["id"]


def test_people_get_everything_in_order() -> None:
    """The text names the message, its meaning, the next step, commands and page, then the message for support."""
    said = run(MESSAGE).stdout.decode()
    order = [
        "1. imaging-instance-limit",
        "Nova rejects",
        "Next: Ask",
        "runbook plan",
        "Page: runbooks/",
        "Username: (MISSING",
    ]

    assert order == sorted((part for part in order if part in said), key=said.index)


def test_unknown_text_ends_well_and_says_what_to_check() -> None:
    """No match is no failure: exit 0, an empty list, and what to check next; with --json beside the document."""
    plain, as_json = run("all is well"), run("all is well", "--json")

    assert (0, 0) == (plain.returncode, as_json.returncode)
    assert "Check next:" in plain.stdout.decode()
    assert [] == json.loads(as_json.stdout)["entries"]
    assert "Check next:" in as_json.stderr.decode()


def test_bytes_that_are_no_text_are_tolerated() -> None:
    """What is not UTF-8 is marked in what is repeated; the rest is read."""
    said = answer("-", given=b"\xff\xfe\x00 Server a\x80b does not exist\n" + MESSAGE.encode())

    assert {"imaging-instance-limit", "imaging-server-gone"} == {entry["id"] for entry in said["entries"]}


def test_a_word_that_is_no_text_is_tolerated() -> None:
    """A word of bytes that no encoding knows does not stop the answer."""
    assert "celery-stopped" == answer(os.fsdecode(b"\xffceleryd is stopped")[1:])["entries"][0]["id"]


def test_no_escape_reaches_the_terminal() -> None:
    """What could move the cursor or set a title is taken out, in both forms of the answer."""
    given = b"\x1b]0;x\x07\x1b[2J\x9b31mServer \x1b[31ma\x1b[0m does not exist\x08\x08"

    said = run("-", given=given).stdout + run("-", "--json", given=given).stdout

    assert [] == [byte for byte in (b"\x1b", b"\x07", b"\x08", b"\x9b31m") if byte in said]


def test_too_long_an_input_is_cut_and_said_to_be() -> None:
    """An endless input is read up to the bound, and the answer says so; what stands before the bound is found."""
    done = run("-", given=MESSAGE.encode() + b"\n" * triage.MAX_BYTES)

    assert "Only the first 4 MiB were read" in done.stdout.decode()
    assert "1. imaging-instance-limit" in done.stdout.decode()


def test_a_text_of_exactly_the_bound_is_whole() -> None:
    """The bound itself is not too long."""
    done = run("-", "--json", given=MESSAGE.encode().ljust(triage.MAX_BYTES))

    assert b"" == done.stderr
