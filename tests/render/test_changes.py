"""Changes as lines for a terminal and as a table."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING

from hypothesis import given

from runbook_lib.render.changes import change_lines, changes_table
from tests.model.changes import CALL, DELETE, INSERT, UPDATE
from tests.strategies import PLANS

if TYPE_CHECKING:
    from runbook_lib.model.plan import Plan


def test_lines_are_aligned_below_the_title() -> None:
    """The label indents them."""
    assert [
        "2. update atmosphere application_version:7",
        "     ~ application_id  1378 → 1144",
        '     ~ name            "1.0" → "1.2"',
    ] == change_lines(UPDATE, label="2. ")
    assert ["insert troposphere api_userpreferences:new", "  + user_id     5", "  + airport_ui  null"] == (
        change_lines(INSERT)
    )
    assert ["delete atmosphere user_profile:5", "  - send_emails  true"] == change_lines(DELETE)


def test_irreversible_call_says_so_in_its_title() -> None:
    """A call without values has its action alone."""
    call = dataclasses.replace(CALL, action="restart", before=None, after=None, reversible=False)

    assert ["call glance:4 f77cb286  (irreversible)", "  + restart"] == change_lines(call)


def test_equal_keys_are_counted() -> None:
    """They have no sign."""
    call = dataclasses.replace(CALL, action="quota", before={"cpu": 1, "gpu": 2}, after={"cpu": 3, "gpu": 2})

    assert ["  ~ quota.cpu  1 → 3", "    1 unchanged"] == change_lines(call)[1:]


def test_table_has_one_line_per_difference() -> None:
    """The first line of a change has its number, system and row. Each line has six cells."""
    lines = changes_table((UPDATE, INSERT, DELETE, CALL)).splitlines()

    assert "| 1 | atmosphere | `application_version:7` | &#126; application\\_id | `1378` | `1144` |" == lines[2]
    assert ["| 1 |", "|  | ", "| 2 |", "|  | ", "| 3 |", "| 4 |"] == [line[:5] for line in lines[2:]]
    assert "| 4 | glance:4 | `f77cb286` | &#126; visibility | `private` | `public` |" == lines[-1]


@given(PLANS)
def test_table_keeps_its_cells_with_any_values(plan: Plan) -> None:
    """A bar or line break in a value adds neither a cell nor a line."""
    for line in changes_table(plan.changes).split("\n"):
        assert 7 == len(re.findall(r"(?<!\\)\|", line))
