"""Each runbook command on a page runs unchanged in a real shell, in practice mode, and has its effect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config.settings import Settings
from runbook_lib.journal import Journal
from tests.pages.code_blocks import pages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.code_blocks.sandbox import Sandbox


@pytest.mark.parametrize("page", pages.names("runbook"))
def test_commands_of_page_do_what_it_says(page: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """In their order, in one home; the journal then holds what was applied, and its undo where the page shows one.

    A command that the sample data refuse names the missing value, and succeeds with it.
    """
    home = tmp_path / "home"
    expected: list[str] = []

    for block in pages.on(page, "runbook"):
        text = _with_own_run(block.text, home)
        if text.startswith(("runbook plan ", "runbook apply ")):
            for name, value in pages.overrides(page).items():
                refused = sandbox.run(text, home=home, stdin="yes\n")
                assert (3, True) == (refused.returncode, f"{name}={value}" in refused.stderr), refused.stderr
                text = f"{text.rstrip()} -p {name}={value}"
        ended = sandbox.run(text, home=home, stdin="yes\n")
        output = ended.stdout + ended.stderr
        assert (0, block.place) == (ended.returncode, block.place), output
        assert re.search(block.marked if block.mark == "prints" else "", output), output
        assert (pages.output_of(block) or ended.stdout) == ended.stdout
        expected += ["applied"] * len(re.findall(r"^runbook (?:apply|undo)\b", block.text, re.MULTILINE))

    journal = Journal(Settings(home=home).journal_folder)
    assert expected == [run.state for run in journal.runs()]
    assert () == journal.check().problems


def _with_own_run(text: str, home: Path) -> str:
    """Put the id that this apply printed in the place of the page's, as the page says: a plan may hold a new uuid."""
    if not text.startswith("runbook undo "):
        return text
    (own,) = [run.run_id for run in Journal(Settings(home=home).journal_folder).runs()]
    return re.sub(r"^runbook undo \S+", f"runbook undo {own}", text)
