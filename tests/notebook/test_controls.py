"""The values that stand in for those not set, in practice mode only."""

from __future__ import annotations

from runbook_lib import procedures
from runbook_lib.notebook import controls

MAINTENANCE = procedures.find("start_maintenance")


def test_notebook_without_values_runs_as_on_the_sample_data() -> None:
    """*Run all* with the defaults of the parameters cell succeeds, overrides included."""
    cell = {"title": "", "message": MAINTENANCE.fields[1].default, "site": "both", "start": "", "beside_active": False}

    assert {"title": "1/15 (v37) Maintenance", "beside_active": True} == controls.stand_in(MAINTENANCE, cell)
    assert MAINTENANCE.practice_example == controls.stand_in(MAINTENANCE, {"apply": True, "reason": "practice"})


def test_no_override_stands_in_beside_an_operators_value() -> None:
    """With a value of its own, a procedure only gets the examples of the missing required parameters."""
    assert {} == controls.stand_in(MAINTENANCE, {"title": "tonight"})
    assert {"title": "1/15 (v37) Maintenance"} == controls.stand_in(MAINTENANCE, {"site": "atmosphere"})
