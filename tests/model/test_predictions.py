"""Predictions as values: one line for people, and JSON that is read back."""

from __future__ import annotations

import json

import pytest

from runbook_lib.model.predictions import KEY_OF_NEW, TIME_OF_CALL, Prediction

UPDATE = Prediction(
    table="request",
    where={"id": 18002},
    before={"status_id": 1, "end_date": None},
    after={"status_id": 2, "end_date": TIME_OF_CALL},
    source="a/b.py:1-2",
)
INSERT = Prediction(table="quota", where={"cpu": 44}, after={"uuid": KEY_OF_NEW}, source="core/hooks/quota.py:48-51")


@pytest.mark.parametrize(
    ("prediction", "line"),
    [
        (
            UPDATE,
            "update atmosphere request:18002  status_id: 1 → 2, end_date: null → (the time of the call)  (a/b.py:1-2)",
        ),
        (INSERT, "insert atmosphere quota:new  cpu: 44, uuid: (the key of the new row)  (core/hooks/quota.py:48-51)"),
    ],
)
def test_prediction_is_one_line(prediction: Prediction, line: str) -> None:
    """It names the row, each column, and upstream's file."""
    assert line == prediction.describe()


@pytest.mark.parametrize("prediction", [UPDATE, INSERT])
def test_prediction_is_read_back(prediction: Prediction) -> None:
    """Plan files and the journal hold it."""
    assert prediction == Prediction.from_json(json.loads(json.dumps(prediction.as_json())))
