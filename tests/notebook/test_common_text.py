"""The library adds the sentences that all notebooks share when it reads a file."""

from __future__ import annotations

import pytest

from runbook_lib import procedures
from runbook_lib.notebook import common_text, notebook_files
from tests.checkout import ROOT

CONTACT = f"{common_text.ERRORS} Otherwise, "
ALWAYS = ("complete message or output", "the run's ID", "the output of `runbook doctor`")


def section(name: str, heading: str) -> str:
    """Return the Markdown cell with a heading."""
    (cell,) = [
        cell for cell in notebook_files.read(notebook_files.path(name)).cells if heading in cell.source.splitlines()
    ]
    return str(cell.source)


@pytest.mark.parametrize("name", procedures.names())
def test_failures_section_ends_with_the_contact(name: str) -> None:
    """The last paragraph names the other errors and support, with the data to send."""
    last = section(name, "## If it fails").split("\n\n")[-1]

    assert last.startswith(CONTACT)
    assert f" {common_text.SUPPORT}" in last
    assert last.endswith(".")
    assert "\n" not in last


def test_page_of_support_lists_what_it_always_requires() -> None:
    """The section that every notebook links has the data that no notebook repeats."""
    text = (ROOT / "docs" / "tools" / "support.md").read_text(encoding="utf-8")
    procedure = text.split("## A procedure\n")[1].split("\n## ")[0]

    assert [] == [item for item in ALWAYS if item not in procedure]
    assert "The Atmosphere support team" in text


@pytest.mark.parametrize("name", procedures.changing())
def test_plan_section_says_that_it_changes_nothing(name: str) -> None:
    """The sentence comes first under the heading of the plan."""
    assert f"### 1. Read the plan\n\n{common_text.PLAN}" in section(name, "### 1. Read the plan")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("grant_staff", f"send {common_text.SUPPORT}: the user name."),
        ("start_maintenance", f"contact {common_text.SUPPORT}."),
        ("find_workflows", f"send {common_text.SUPPORT}: the instance's UUID, the username."),
        ("triage_instance", f"contact {common_text.SUPPORT}."),
    ],
)
def test_data_to_send_follow_from_notebook(name: str, expected: str) -> None:
    """The phrases after ``Send:`` follow the contact; a notebook without them has the contact alone."""
    assert CONTACT + expected == section(name, "## If it fails").split("\n\n")[-1]


def test_no_file_repeats_a_common_sentence() -> None:
    """No file contains the added sentences."""
    files = {name: notebook_files.path(name).read_text(encoding="utf-8") for name in procedures.names()}

    assert [] == [name for name, text in files.items() if common_text.PLAN in text or "Other errors" in text]
