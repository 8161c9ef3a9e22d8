"""Take one letter out of any command on any page, and something turns red: the check of the checks."""

from __future__ import annotations

import functools
import itertools
import re
from typing import TYPE_CHECKING

import pytest
from click import UsageError

from runbook_lib.cli import parser
from runbook_lib.errors import RunbookError
from tests.pages.code_blocks import pages, reading, tables
from tests.services.site import made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runbook_lib.pages.code_blocks.blocks import Fence
    from tests.pages.code_blocks.sandbox import Sandbox

SAMPLE = 7  # of every block, one letter in seven is tried; the first one is another in the next block
# What the parsers and the tables refuse with; anything else is a fault of the test itself.
RED = (RunbookError, tables.Refused, reading.Wrong, ValueError, SystemExit, UsageError)


@pytest.fixture(autouse=True)
def _parser_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Build the parser of the command line once, not once per letter; it keeps nothing of what it reads."""
    monkeypatch.setattr(parser, "build_parser", functools.cache(parser.build_parser))


def commands() -> list[Fence]:
    """Return every block of shell that is run or played, each text of a page once."""
    blocks = {
        (block.page, block.text): block for block in pages.every() if block.runner in {"runbook", "shell", "stand-in"}
    }
    return list(blocks.values())


def without_a_letter(text: str) -> Iterator[str]:
    """Yield the block with each of its letters and digits taken out once; a remark is not part of a command."""
    remarks = {place for match in re.finditer(r"(?:^|\s)#[^\n]*", text) for place in range(*match.span())}
    for place, letter in enumerate(text):
        if letter.isalnum() and place not in remarks:
            yield text[:place] + text[place + 1 :]


def reads(block: Fence, text: str) -> bool:
    """Return whether a text in place of a fence is as valid as the fence."""
    try:
        reading.read(text, printed=pages.printed_on(block.page), free=block.mark == "prints")
    except RED:
        return False
    return True


def test_every_command_reads_well() -> None:
    """By the real parsers, and the tables of the commands that are played: else nothing below would mean anything."""
    for command in commands():
        reading.read(command.text, printed=pages.printed_on(command.page), free=command.mark == "prints")


@pytest.mark.usefixtures("celery")
@pytest.mark.parametrize("step", [SAMPLE, pytest.param(1, marks=pytest.mark.soak)])
def test_no_letter_of_command_can_go(sandbox: Sandbox, tmp_path: Path, step: int) -> None:
    """Each block without each letter, or each of a sample: refused when it is read, or, if it reads well, when run."""
    assert made()
    tried, survivors = 0, []
    for number, command in enumerate(commands()):
        for text in itertools.islice(without_a_letter(command.text), number % step, None, step):
            tried += 1
            if reads(command, text) and not _runs_red(command, text, sandbox, tmp_path / f"{tried}"):
                survivors.append(f"{command.place}: {text}")

    assert [] == survivors
    assert tried > 10 * len(commands()) / step > 0


def _runs_red(block: Fence, text: str, sandbox: Sandbox, home: Path) -> bool:
    ended = sandbox.run(text, home=home, stdin="yes\n")
    wanted = block.marked if block.mark == "prints" else ""
    return bool(ended.returncode) or not re.search(wanted, ended.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    "text",
    [
        "runbook plan grant_staff -p username=joetes",
        "runbook apply grant_staff -p username=joetest --reason 'as asked in the helpdek'",
        "runbook undo 20260115T120000-000000 --reason 'as asked in the helpdesk'",
        "papermill notebooks/grant_staff.py grant_staf.ipynb -r username joetest",
        "papermill notebooks/grant_staff.py grant_staff.ipynb -p username joetest -p apply True",
        "argo list -n argo --sttus Failed",
        "nova show 0000",
        "sudo servce celeryd restart",
    ],
)
def test_what_is_wrong_is_refused_when_it_is_read(text: str) -> None:
    """Values, reasons, runs, outputs, options and arguments."""
    with pytest.raises(RED):
        reading.read(text, printed="", free=False)
