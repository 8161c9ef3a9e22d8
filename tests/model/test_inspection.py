"""The results of an inspection, as plain values and as JSON."""

from __future__ import annotations

import json

import pytest

from runbook_lib.model.inspection import Table, page, to_inspect, to_plan
from tests.render.test_inspection import INSPECTION


def test_json_has_every_part_by_name() -> None:
    """Rows are objects, timestamps are ISO 8601 in UTC, and the timeline is in order."""
    body = json.loads(json.dumps(INSPECTION.as_json()))

    assert {
        "procedure",
        "practice",
        "params",
        "taken",
        "answer",
        "tables",
        "texts",
        "timeline",
        "missing",
        "next_steps",
    } == body.keys()
    assert {"status": "deploy_error", "since": "2026-01-15T12:00:00+00:00", "active": True} == body["tables"][0][
        "rows"
    ][0]
    assert ["networking", "build failed"] == [event["text"] for event in body["timeline"]]
    assert {"source": "flower", "why": "not configured", "how": "set RUNBOOK_FLOWER_URL"} == body["missing"][0]


def test_row_of_another_length_is_a_defect() -> None:
    """A cell can't move under another column's heading."""
    with pytest.raises(ValueError, match="2 columns, and a row of 1"):
        Table("T", ("a", "b"), (("x",),))


def test_step_names_command_and_page_of_a_procedure() -> None:
    """A changing procedure is introduced as a page to read first; values stand as the operator types them."""
    assert ("runbook inspect list_staff", "runbooks/list-staff.html") == to_inspect("list_staff")
    command, where = to_plan("close_imaging_request", request_id=17, note="two words")

    assert "runbook plan close_imaging_request -p request_id=17 -p note='two words'" == command
    assert page("close_imaging_request") == where
