"""An executed notebook becomes a page, or is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from runbook_lib.errors import Refused
from runbook_lib.pages.procedure_page import badges, page_markdown
from runbook_lib.params import param
from tests.pages import sample


def _between(text: str, start: str, end: str) -> str:
    return text.split(start, 1)[1].split(end, 1)[0]


def test_headings_keep_their_order() -> None:
    """The page has the notebook's headings and no others."""
    expected = [
        *("# Grant staff access", "## When to use", "## Before you start", "## Parameters", "## Steps"),
        *("### 1. Read the plan", "### 2. Apply it", "## Verify", "## Undo", "## If it fails", "## Background"),
    ]

    assert expected == re.findall(r"^#+ .*$", page_markdown(sample.page()), re.MULTILINE)


def test_what_it_needs_stands_under_the_title() -> None:
    """One line above the first heading, with the way to the settings."""
    procedure = sample.procedure(needs=("atmosphere", "api"), optional={"nova": "what the cloud says"})
    text = page_markdown(sample.page(procedure=procedure))
    opening = _between(text, "# Grant staff access", "## When to use")

    sentences = "Requires atmosphere and api. Optional: nova (what the cloud says)."
    assert opening.rstrip().endswith(f"**[Systems](../reference/settings.md).** {sentences}")
    assert 1 == text.count("**[Systems]")


def test_parameters_cell_becomes_table_and_commands() -> None:
    """The raw cell is replaced by what an operator needs."""
    text = page_markdown(sample.page())

    assert "the name the user logs in with\n" not in text
    assert "| `username`<br><small>text, required</small> | The name the user logs in with.<br>" in text
    assert '\n```{ .sh data-command="plan" }\nrunbook plan grant_staff -p username=joetest\n' in text
    assert "    runbook apply grant_staff -p username=joetest \\\n      --reason 'as asked in the helpdesk'\n" in text
    assert "    papermill notebooks/grant_staff.py grant_staff.ipynb \\\n      -r username joetest\n" in text


def _page_of(declaration: type[Any]) -> str:
    """Return the sample's page with other parameters."""
    return page_markdown(sample.page(procedure=sample.procedure(declaration=declaration)))


def test_numbers_go_to_papermill_with_p_and_text_with_r() -> None:
    """A text that looks like a number stays text; a number may be guessed."""

    @dataclass(frozen=True)
    class Params:
        application_id: int = param("the number", example=1144)
        version_name: str = param("the text", example="1.10")

    assert "-p application_id 1144 \\\n      -r version_name 1.10\n" in _page_of(Params)


def test_several_parameters_have_a_line_each() -> None:
    """A long command is broken where a shell goes on, so that no screen cuts it."""

    @dataclass(frozen=True)
    class Params:
        username: str = param("the user", example="joetest")
        version_name: str = param("the version", example="1.10")

    expected = "\nrunbook plan grant_staff \\\n  -p username=joetest \\\n  -p version_name=1.10\n"
    assert expected in _page_of(Params)


def test_awkward_example_is_quoted() -> None:
    """Values with shell syntax are quoted."""

    @dataclass(frozen=True)
    class Params:
        username: str = param("the user", example="O'Brien; DROP")

    assert """-p username='O'"'"'Brien; DROP'\n""" in _page_of(Params)


def test_required_parameter_needs_an_example() -> None:
    """A page never shows a command with a hole in it."""

    @dataclass(frozen=True)
    class Params:
        username: str = param("the user")

    with pytest.raises(ValueError, match="grant_staff: the parameter username has no example"):
        _page_of(Params)


def test_procedure_that_inspects_has_its_one_command() -> None:
    """Its commands inspect; there is nothing to plan or apply."""
    text = page_markdown(sample.page(procedure=sample.procedure(inspects=lambda _world, _params: None)))
    commands = _between(text, "## Parameters", "## Steps")

    assert "```" not in commands


def test_command_stands_once() -> None:
    """Each command is at its step, and nowhere else."""
    text = page_markdown(sample.page())

    assert 1 == text.count("runbook plan grant_staff")
    assert 1 == text.count("runbook apply grant_staff")
    assert 1 == text.count("      -r username joetest\n    ```")


def test_repl_section_is_a_tab_beside_the_command_of_apply() -> None:
    """The corrected lines stand in a tab, without the section's heading, and nowhere else."""
    text = page_markdown(sample.page())

    assert 1 == text.count("from core.models import AtmosphereUser")
    assert '=== "REPL"\n\n    For sites where nothing may connect' in text
    assert "In Atmosphere's own shell" not in text


def test_setup_is_hidden() -> None:
    """The label of the first output names the practice mode; the parameters' table and the commands have the values."""
    text = page_markdown(sample.page())

    assert "class Run" not in text
    assert "This page ran in practice mode" not in text
    assert 1 == text.count("Output in practice mode:")


def test_values_for_the_sample_data_are_named() -> None:
    """No command of the page has them, so the label of the output does."""

    @dataclass(frozen=True)
    class Params:
        username: str = param("the user", example="joetest")
        cpu: int | None = param("the limit", default=None, practice=44)

    assert "Output in practice mode, with `cpu=44`:" in _page_of(Params)


def test_example_in_a_command_is_not_repeated_in_the_table() -> None:
    """The table has the examples that no command shows."""

    @dataclass(frozen=True)
    class Params:
        username: str = param("the user", example="joetest")
        cpu: int | None = param("the limit", default=None, practice=44)

    text = _page_of(Params)

    assert "Example: `44`" in text
    assert "Example: `joetest`" not in text


def test_long_table_of_output_is_cut() -> None:
    """A reader sees its first rows, and how many others there are; a short one and a plan do not change."""
    notebook = sample.executed()
    data = sample.cell(notebook, "run.verify()")["outputs"][0]["data"]
    rows = "".join(f"| row {number} | a | b |\n" for number in range(9))
    data["text/markdown"] = f"| n | a | b |\n|---|---|---|\n{rows}\nthe end"
    text = page_markdown(sample.page(notebook=notebook))

    assert "| row 4 | a | b |\n\n*4 more rows*\n\nthe end" in text
    assert "row 5" not in text
    data["text/markdown"] = data["text/markdown"].replace("| row 0 | a | b |\n", "")
    assert "| row 8 | a | b |\n\nthe end" in page_markdown(sample.page(notebook=notebook))


def test_table_of_one_object_is_not_cut() -> None:
    """Each of its rows is another field."""
    notebook = sample.executed()
    data = sample.cell(notebook, "run.verify()")["outputs"][0]["data"]
    data["text/markdown"] = "| field | value |\n|---|---|\n" + "".join(f"| f{number} | v |\n" for number in range(20))

    assert "| f19 | v |" in page_markdown(sample.page(notebook=notebook))


def test_injected_cell_is_hidden() -> None:
    """Papermill's own cell repeats what the setup cell says in words."""
    assert "# Parameters\nusername" in "".join(sample.cell(sample.executed(), "# Parameters\n")["source"])
    assert 'username = "joetest"' not in page_markdown(sample.page())


def test_tables_of_prose_are_stacked_on_phone() -> None:
    """A table that the author wrote is in the element whose cells the site labels."""
    expected = (
        "/// html | div.rb-stack\n\n| Symptom | Cause | Do |\n| --- | --- | --- |\n| what it says | a cause | a deed |"
    )
    assert expected in page_markdown(sample.page())


def test_output_is_not_a_div() -> None:
    """The search takes the end of a code block's div for the end of the div that it should leave out."""
    assert "/// html | section.rb-see[data-search-exclude]" in page_markdown(sample.page())
    assert "div.rb-see" not in page_markdown(sample.page())


def test_each_step_has_its_output() -> None:
    """A plan is marked as one, a print is a fence; colors are gone and backticks can't break out."""
    text = page_markdown(sample.page())

    assert (
        "/// html | section.rb-see.rb-plan[data-search-exclude]\n\nOutput in practice mode:\n\nPlan `3fa9c2d41b07`"
        in text
    )
    assert "applied as run 20260115T120000-3fa9c2, verified\n" in text
    assert "`````{ .text .no-copy }\n```\n**Run `20260115T120000-3fa9c2` undone and verified**\n````\n`````" in text


def test_markdown_is_preferred_to_text() -> None:
    """An output that has both forms is shown as Markdown."""
    notebook = sample.executed()
    data = sample.cell(notebook, "run.verify()")["outputs"][0]["data"]
    data["text/plain"], data["text/markdown"] = ["the plain form"], ["the *marked* form"]
    text = page_markdown(sample.page(notebook=notebook))

    assert "the *marked* form" in text
    assert "the plain form" not in text


def test_undo_names_the_run_of_page() -> None:
    """The undo step offers the command with the run that the page shows."""
    steps = _between(page_markdown(sample.page()), "## Undo", "## If it fails")

    assert "    runbook undo 20260115T120000-3fa9c2 --reason" in steps


def test_links_to_notebooks_become_links_to_pages() -> None:
    """A link that works in Jupyter works on the site."""
    assert "[Revoke staff access](revoke-staff.md#undo)" in page_markdown(sample.page())


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        ({}, ["not verified"]),
        ({"minutes": 1, "reversible": False}, ["1 minute", "can't be undone", "not verified"]),
        (
            sample.STAMP,
            ["3 minutes", "can be undone", "verified 2026-01-15 on SQLite and PostgreSQL 15, commit 0123456-dirty"],
        ),
    ],
    ids=["nothing", "not verified", "verified"],
)
def test_badges_say_what_the_stamp_says(stamp: dict[str, Any], shown: list[str]) -> None:
    """Without a verification the page says so."""
    items = [re.sub(r"<[^>]+>", "", item) for item in re.findall(r"<li.*?</li>", badges(stamp))]

    assert shown == items


def _fails(notebook: dict[str, Any]) -> None:
    error = {"output_type": "error", "ename": "StalePlan", "evalue": "moved", "traceback": []}
    sample.cell(notebook, "run.apply()")["outputs"] = [error]


def _is_pending(notebook: dict[str, Any]) -> None:
    sample.cell(notebook, "run.apply()")["metadata"]["papermill"]["status"] = "pending"


def _was_not_run(notebook: dict[str, Any]) -> None:
    sample.cell(notebook, "run.apply()")["execution_count"] = None


def _warns(notebook: dict[str, Any]) -> None:
    stream = {"output_type": "stream", "name": "stderr", "text": ["careful\n"]}
    sample.cell(notebook, "run.apply()")["outputs"].append(stream)


def _excepted(notebook: dict[str, Any]) -> None:
    notebook["metadata"]["papermill"]["exception"] = True


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_fails, r"\(run\.apply\(\)\) failed: StalePlan: moved"),
        (_is_pending, r"\(run\.apply\(\)\) is pending"),
        (_was_not_run, r"\(run\.apply\(\)\) is never run"),
        (_warns, r"\(run\.apply\(\)\) wrote to standard error: careful"),
        (_excepted, "papermill recorded an exception"),
    ],
)
def test_unfinished_notebook_is_refused(spoil: Any, why: str) -> None:
    """A notebook that failed, was interrupted, was not run or warned does not become a page."""
    notebook = sample.executed()
    spoil(notebook)

    with pytest.raises(Refused) as caught:
        page_markdown(sample.page(notebook=notebook))

    assert re.search(why, caught.value.why)


def test_notebook_without_title_is_refused() -> None:
    """The page's title is the notebook's."""
    notebook = sample.executed()
    del notebook["cells"][0]

    with pytest.raises(ValueError, match="grant_staff: the notebook does not begin with a '# Title' cell"):
        page_markdown(sample.page(notebook=notebook))
