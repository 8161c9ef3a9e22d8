"""The page about systems: read from plans that were really made, drawn and listed."""

from __future__ import annotations

from typing import Any

import pytest

from runbook_lib.pages.reference.systems import COLUMNS, systems_page, touched
from tests.pages import sample


def planned(*systems: str) -> dict[str, Any]:
    """Return the sample notebook with a plan that changes these systems."""
    notebook = sample.executed()
    rows = "\n".join(f"| {number} | {system} | `x:1` | y | `1` | `2` |" for number, system in enumerate(systems, 1))
    cell = sample.cell(notebook, "run.plan(")
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/markdown": rows}}]
    return notebook


def test_systems_are_those_of_plan() -> None:
    """Each is named once, in the order of the columns, a provider's number left out."""
    page = sample.page(notebook=planned("glance:5", "glance:4", "atmosphere"))

    assert ("atmosphere", "glance") == touched(page)


def test_procedure_that_changes_nothing_is_listed_and_not_drawn() -> None:
    """One that only inspects has no row in the picture."""
    page = systems_page([sample.page(notebook=planned())])

    assert "<svg" not in page
    assert "`grant_staff` | nothing" in page


def test_picture_has_a_dot_for_each_system_that_a_procedure_changes() -> None:
    """Two procedures and three dots, and the same in words for who can't see them."""
    both = sample.page(notebook=planned("atmosphere", "troposphere"))
    api_page = sample.page(procedure=sample.procedure(name="other"), notebook=planned("api"))
    page = systems_page([both, api_page])

    assert 3 == page.count('<circle class="rb-dot"')
    assert len(COLUMNS) == page.count("rotate(-90)")
    assert (
        "grant_staff: Atmosphere&#x27;s database, Troposphere&#x27;s database. other: Atmosphere&#x27;s API.</desc>"
    ) in page


def test_system_without_column_stops_the_build() -> None:
    """A new gateway requires a column."""
    with pytest.raises(ValueError, match="grant_staff: its plan changes pigeon"):
        touched(sample.page(notebook=planned("pigeon")))
