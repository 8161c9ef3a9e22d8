"""The library adds the sentences that all notebooks share when it reads a file."""

from __future__ import annotations

import pytest

from runbook_lib import procedures
from runbook_lib.notebook import common_text, notebook_files

CONTACT = f"{common_text.ERRORS} If that does not help, send the Atmosphere support team "


def section(name: str, heading: str) -> str:
    """Return the Markdown cell with a heading."""
    (cell,) = [
        cell for cell in notebook_files.read(notebook_files.path(name)).cells if heading in cell.source.splitlines()
    ]
    return str(cell.source)


@pytest.mark.parametrize("name", procedures.names())
def test_failures_section_ends_with_the_contact(name: str) -> None:
    """The last paragraph names the support team, the data to send, and always the output of the doctor."""
    last = section(name, "## If it fails").split("\n\n")[-1]

    assert last.startswith(CONTACT)
    assert last.endswith(" and the output of `runbook doctor`.")
    assert "\n" not in last


@pytest.mark.parametrize("name", procedures.changing())
def test_plan_section_says_that_it_changes_nothing(name: str) -> None:
    """The sentence comes first under the heading of the plan."""
    assert f"### 1. Read the plan\n\n{common_text.PLAN}" in section(name, "### 1. Read the plan")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "grant_staff",
            "the user name, the run's id, the whole message, and the output of `runbook doctor`.",
        ),
        ("start_maintenance", "the run's id, the whole message, and the output of `runbook doctor`."),
        ("list_staff", "the missing name, the whole output, and the output of `runbook doctor`."),
        ("triage_instance", "the whole output and the output of `runbook doctor`."),
    ],
)
def test_data_to_send_follow_from_notebook_and_kind(name: str, expected: str) -> None:
    """The phrases after ``Send:`` come first; a changing procedure has a run, an inspection has an output."""
    assert CONTACT + expected == section(name, "## If it fails").split("\n\n")[-1]


def test_no_file_repeats_a_common_sentence() -> None:
    """No file contains the added sentences."""
    files = {name: notebook_files.path(name).read_text(encoding="utf-8") for name in procedures.names()}

    assert [] == [name for name, text in files.items() if common_text.PLAN in text or "All errors, with what" in text]
