"""Each papermill command on a page is run as it stands there, in a real shell, in practice mode."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from runbook_lib.config.settings import Settings
from runbook_lib.journal import Journal
from tests.pages.code_blocks import pages

if TYPE_CHECKING:
    from pathlib import Path

    from tests.pages.code_blocks.sandbox import Sandbox


@pytest.mark.parametrize("page", pages.sample(pages.names("papermill")))
def test_papermill_does_what_the_page_says(page: str, sandbox: Sandbox, tmp_path: Path) -> None:
    """In one home: the first only plans, the second applies; the executed notebook is where the command puts it.

    A command that the sample data refuse names the missing value, and succeeds with it.
    """
    home = tmp_path / "home"
    expected: list[str] = []

    for block in pages.on(page, "papermill"):
        text = block.text
        for name, value in pages.overrides(page).items():
            refused = sandbox.run(text, home=home)
            assert (1, True) == (refused.returncode, f"{name}={value}" in refused.stderr), refused.stderr
            text = f"{text.rstrip()} -p {name} {value}"
        ended = sandbox.run(text, home=home)
        assert (0, block.place) == (ended.returncode, block.place), ended.stdout + ended.stderr
        (output,) = re.findall(r"^papermill \S+ (\S+)", block.text)
        cells = json.loads((sandbox.work / output).read_text(encoding="utf-8"))["cells"]
        assert not any(out["output_type"] == "error" for cell in cells for out in cell.get("outputs", ()))
        expected += ["applied"] if "-p apply True" in block.text else []

    assert expected == [run.state for run in Journal(Settings(home=home).journal_folder).runs()]
