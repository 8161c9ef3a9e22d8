"""The table of predictions: read from plans that were really made."""

from __future__ import annotations

from typing import Any

from runbook_lib.model import Call, System, SystemId
from runbook_lib.model.plan import Plan
from runbook_lib.model.predictions import TIME_OF_CALL, Prediction
from runbook_lib.pages.reference.predictions import predicted, predictions_page
from runbook_lib.render import plan_markdown
from tests.pages import sample

CALL = Call(SystemId(System.API), "admin/resource_requests/1", action="status", before="pending", after="denied")
PLAN = Plan(
    changes=(CALL,),
    predictions=(
        Prediction("resource_request", {"id": 1}, {"end_date": TIME_OF_CALL}, "a/b.py:1-2", {"end_date": None}),
        Prediction("event_table", {"name": "x"}, {"timestamp": TIME_OF_CALL}, "c/d.py:3"),
    ),
)


def planned(text: str) -> dict[str, Any]:
    """Return the sample notebook with this output of its plan."""
    notebook = sample.executed()
    cell = sample.cell(notebook, "run.plan(")
    cell["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {"text/markdown": text}}]
    return notebook


def test_predictions_are_those_of_the_plan() -> None:
    """One line per column, with the call that causes it."""
    page = sample.page(notebook=planned(plan_markdown(PLAN)))

    assert (
        ("status", "resource_request", "end_date", "a/b.py:1-2"),
        ("status", "event_table, a new row", "name", "c/d.py:3"),
        ("status", "event_table, a new row", "timestamp", "c/d.py:3"),
    ) == predicted(page)
    assert "`resource_request` | `end_date` | `a/b.py:1-2`" in predictions_page([page])


def test_plan_without_predictions_has_no_line() -> None:
    """Only calls of Atmosphere's API have consequences."""
    assert () == predicted(sample.page(notebook=planned(plan_markdown(Plan(changes=(CALL,))))))
