"""Every fence of a page is found and has a status; each way of leaving one unaccounted for is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook_lib.pages.code_blocks import shell
from runbook_lib.pages.code_blocks.blocks import fences_page, main, of_page, totals

if TYPE_CHECKING:
    from pathlib import Path

TICKS = "```"
REASON = "needs the site's own mail server"


def page(*blocks: str) -> str:
    """Return a page of these blocks."""
    return "# Title\n\n" + "\n\n".join(blocks) + "\n"


def block(info: str, text: str) -> str:
    """Return one fence."""
    return f"{TICKS}{info}\n{text}\n{TICKS}"


@pytest.mark.parametrize(
    ("info", "text", "status", "runner"),
    [
        ("sh", "runbook list", "executed", "runbook"),
        ("sh", "papermill notebooks/grant_staff.py a.ipynb", "executed", "runbook"),
        ("sh", "sudo service celeryd restart", "stand-in", "stand-in"),
        ("sh", "cd /opt/dev/atmosphere\n./manage.py shell", "stand-in", "stand-in"),
    ],
)
def test_what_can_be_run_is_executed_without_mark(info: str, text: str, status: str, runner: str) -> None:
    """The language and the programs decide."""
    (fence,) = of_page(page(block(info, text)), page="tools/a.md")

    assert (status, runner, text) == (fence.status, fence.runner, fence.text.strip())


@pytest.mark.parametrize(
    ("info", "text", "why"),
    [
        ("", "anything", "nothing runs a block without a language, and it is not marked"),
        ("text", "2026-01-15 ERROR", "nothing runs text, and it is not marked"),
        ("yaml", "a: 1", "nothing runs yaml, and it is not marked"),
        ("python", "from core.models import Application", "lines for the Django shell belong to"),
        ("sh", "ps aux | grep celery", "its output is not declared"),
        ("sh", "frobnicate --now", "nothing runs frobnicate here"),
        ("sh", "runbook list | frobnicate", "nothing runs frobnicate here"),
        ("sh", "$ runbook list", "the shell cannot parse it: a prompt stands before a command"),
        ("sh", "echo 'open", "the shell cannot parse it: No closing quotation"),
        ("sh", "# only a remark", "it has no command"),
    ],
)
def test_what_nothing_runs_is_unaccounted_for(info: str, text: str, why: str) -> None:
    """It says what is missing."""
    (fence,) = of_page(page(block(info, text)), page="tools/a.md")

    assert "unaccounted" == fence.status
    assert fence.why.startswith(why)


@pytest.mark.parametrize(
    ("mark", "status", "why"),
    [
        (f"<!-- fence: display: {REASON} -->", "display", REASON),
        ("<!-- fence: display: -->", "unaccounted", "unknown mark"),
        ("<!-- fence: display: example -->", "unaccounted", "its mark gives no reason"),
        ("<!-- fence: shown: it is nice to look at -->", "unaccounted", "unknown mark"),
        (f"<!-- fence: display: {REASON} -->\n\nAnd a sentence.", "unaccounted", "unknown mark"),
    ],
)
def test_mark_needs_a_reason_and_stands_right_before_its_fence(mark: str, status: str, why: str) -> None:
    """A mark that is misspelled, empty or elsewhere does not count, and is reported."""
    (fence,) = of_page(page(mark, block("text", "a line of a log")), page="tools/a.md")

    assert status == fence.status
    assert fence.why.startswith(why)


@pytest.mark.parametrize(("text", "runner"), [("from core.models import Application", "repl"), ("run.plan()", "cell")])
def test_python_on_procedures_page_is_its_cells_or_its_lines_for_shells(text: str, runner: str) -> None:
    """The former were executed with the notebook, the latter are pasted by the tests."""
    (fence,) = of_page(page(block("python", text)), page="runbooks/a.md")

    assert ("executed", runner) == (fence.status, fence.runner)


def test_pipeline_is_run_once_its_page_says_what_it_prints() -> None:
    """Without that, a command that finds nothing would do as well."""
    (fence,) = of_page(page("<!-- fence: prints: celery .*worker -->", block("sh", "ps aux | grep x")), page="a.md")

    assert ("executed", "shell", "prints", "celery .*worker") == (fence.status, fence.runner, fence.mark, fence.marked)


def test_fences_in_tabs_lists_and_longer_fences_are_found() -> None:
    """The indentation is taken away; a fence that is shown inside another is text."""
    inside = f'=== "Tab"\n\n    {TICKS}sh\n    runbook list\n    {TICKS}'
    listed = f"1. First:\n\n    {TICKS}sh\n    runbook doctor\n    {TICKS}"
    longer = f"````text\n{TICKS}sh\nrunbook show x\n{TICKS}\n````"

    fences = of_page(page(inside, listed, longer), page="tools/a.md")

    assert ["runbook list", "runbook doctor", f"{TICKS}sh\nrunbook show x\n{TICKS}"] == [o.text.strip() for o in fences]
    assert ["executed", "executed", "executed"] == [fence.status for fence in fences]
    assert [5, 11, 15] == [fence.line for fence in fences]


def test_output_counts_as_run_only_behind_its_command() -> None:
    """Text right after a command of ours is compared; the same text elsewhere needs a mark."""
    command, text = block("sh", "runbook list"), block("text", "grant_staff")

    assert ["runbook", "printed"] == [fence.runner for fence in of_page(page(command, text), page="a.md")]
    assert ["", "runbook"] == [fence.runner for fence in of_page(page(text, command), page="a.md")]


def test_command_lists_and_fails_on_what_is_unaccounted_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints a line a fence and the totals; 1 says that something is missing, or that there is nothing at all."""
    assert 1 == main([str(tmp_path)])
    (tmp_path / "a.md").write_text(page(block("sh", "runbook list")))
    assert 0 == main([str(tmp_path)])
    (tmp_path / "b.md").write_text(page(block("yaml", "a: 1")))
    assert 1 == main([str(tmp_path)])

    printed = capsys.readouterr().out.splitlines()
    assert ["executed", "unaccounted"] == [line.split()[0] for line in printed[-3:-1]]
    assert printed[-2].endswith("b.md:3  nothing runs yaml, and it is not marked")
    assert printed[-1].startswith("1 executed, 0 stand-in, 0 display, 1 unaccounted; executed of those that can run: ")


def test_page_has_the_totals_and_the_reasons() -> None:
    """Every status is named with its number; each reason stands beside its page."""
    fences = of_page(
        page(block("sh", "runbook list"), f"<!-- fence: display: {REASON} -->", block("text", "x")), page="tools/a.md"
    )
    text = fences_page(fences)

    assert {"executed": 1, "stand-in": 0, "display": 1, "unaccounted": 0} == dict(totals(fences))
    assert "| 1 | executed |" in text
    assert f"| [`tools/a`](../tools/a.md) | {REASON} |" in text


def test_no_program_is_of_two_kinds() -> None:
    """A command that a stand-in plays is not classified as real."""
    assert set() == shell.REAL & shell.STAND_INS
    assert set() == shell.OURS & (shell.REAL | shell.STAND_INS)


@pytest.mark.parametrize(
    ("text", "programs"),
    [
        ("a=1 b=2 runbook list", ("runbook",)),
        ("x=1", ()),
        ("runbook list > out.txt 2>&1", ("runbook",)),
        ("for f in a b; do\n  grep x $f\ndone", ("grep",)),
        ("cat a | sort && ./manage.py shell", ("cat", "sort", "manage.py")),
        ("runbook \\\n  list # a remark", ("runbook",)),
    ],
)
def test_programs_are_found_where_the_shell_starts_them(text: str, programs: tuple[str, ...]) -> None:
    """Assignments, redirections, keywords and remarks start none."""
    assert programs == shell.programs(text)
