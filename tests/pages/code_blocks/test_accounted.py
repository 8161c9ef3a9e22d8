"""Every code block of the real site is accounted for, and nothing that a reader sees as code escapes the count."""

from __future__ import annotations

import json
import re

import markdown
import pytest

from runbook_lib.pages.code_blocks import shell
from runbook_lib.pages.code_blocks.blocks import of_page, totals
from tests.pages.code_blocks import tables
from tests.pages.code_blocks.pages import every
from tests.repl.test_shell_lines import ALL, WRITING
from tests.services.site import made

SHOWN = re.compile(r"<pre\b")  # every block of code in a built page is one


def test_no_fence_is_unaccounted_for() -> None:
    """Zero; and nine in ten of those that can be run are run for real."""
    counted = totals(every())

    assert [] == [f"{block.place}: {block.why}" for block in every() if block.status == "unaccounted"]
    assert counted["executed"] >= 9 * counted["stand-in"]


def test_what_the_browser_shows_as_code_is_a_fence() -> None:
    """Each built page has as many blocks of code as fences: an indented block, or raw HTML, would be one more."""
    site = made()
    pages = {block.page for block in every()} | {
        path.relative_to(site.docs).as_posix() for path in site.docs.rglob("*.md")
    }
    built = {page: (site.html / page).with_suffix(".html").read_text(encoding="utf-8") for page in pages}

    assert {page: sum(block.page == page for block in every()) for page in pages} == {
        page: len(SHOWN.findall(text)) for page, text in built.items()
    }


def test_code_outside_fences_would_be_reported() -> None:
    """A block that is only indented, and raw HTML, are shown as code too."""
    shown = markdown.markdown("Text:\n\n    rm -rf /\n\n<pre>raw</pre>\n", extensions=["pymdownx.superfences"])

    assert 2 == len(SHOWN.findall(shown))
    assert () == of_page("Text:\n\n    rm -rf /\n\n<pre>raw</pre>\n", page="a.md")


def test_every_cell_and_output_on_page_is_of_verified_run() -> None:
    """The calls on a page are cells that were executed without an error; its outputs are what they printed."""
    for block in every():
        if block.runner not in {"cell", "output"}:
            continue
        path = made().executed / f"{block.page.removeprefix('runbooks/').removesuffix('.md').replace('-', '_')}.ipynb"
        cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
        if block.runner == "cell":
            ran = ["".join(cell["source"]).strip() for cell in cells if cell["execution_count"]]
            assert block.text.strip() in ran, block.place
        else:
            assert block.text.strip().split("\n")[0] in _printed(cells), block.place


def _printed(cells: list[dict[str, object]]) -> str:
    """Return all that these cells show, as one text of JSON turned back."""
    return json.dumps([cell["outputs"] for cell in cells], ensure_ascii=False).replace('\\"', '"')


def test_every_block_for_sites_shells_is_run_and_loses_each_save() -> None:
    """`test_repl` runs them, compares the rows, and takes each writing line out: none is left aside here or there."""
    texts = {block.text.strip() for blocks in ALL.values() for block in blocks}
    pasted = [block for block in every() if block.runner == "repl" and block.page.startswith("runbooks/")]
    saves = sum(block.text.count(".save(") for block in pasted)

    assert texts == {block.text.strip() for block in pasted}
    assert saves == sum(line.count(".save(") for _, line in WRITING)


def test_every_played_command_has_its_table() -> None:
    """Every command that stand-ins play has a table, and every table has a command."""
    programs = shell.STAND_INS | shell.REAL

    assert set() == set(tables.names()) - programs
    assert set() == shell.STAND_INS - set(tables.names())


@pytest.mark.parametrize("name", tables.names())
def test_table_says_what_it_is(name: str) -> None:
    """Its command and release, in words."""
    assert len(tables.table(name)["about"]) > 12
