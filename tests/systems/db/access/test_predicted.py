"""Predicted rows against the database: right, wrong, absent, and times of another clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.model.predictions import KEY_OF_NEW, TIME_OF_CALL, Prediction
from runbook_lib.systems.db.models.atmosphere.models import EventTable, ResourceRequest

if TYPE_CHECKING:
    from runbook_lib.world.world import World

SOURCE = "api/v2/views/resource_request.py:32-74"


def differences(world: World, prediction: Prediction) -> tuple[str, ...]:
    """Return the differences after a call that was made now."""
    return world.rows("atmosphere").differences(prediction, since=world.now())


def request(world: World, **values: Any) -> Prediction:
    """Return a prediction about the first resource request, and write what really happens."""
    ResourceRequest.objects.filter(pk=18001).update(**values)
    before = {"status_id": 0, "end_date": None, "admin_message": "before"}
    after = {"end_date": TIME_OF_CALL, "admin_message": "text"}
    assert world.now()
    return Prediction("resource_request", {"id": 18001}, after, SOURCE, {name: before[name] for name in after})


@pytest.mark.both_databases
def test_right_prediction_has_no_difference(world: World) -> None:
    """The time is that of the call or later, on a clock that may be five minutes slow."""
    for time in (world.now(), world.now() + timedelta(hours=1), world.now() - timedelta(minutes=5)):
        assert () == differences(world, request(world, end_date=time, admin_message="text"))


@pytest.mark.both_databases
def test_wrong_prediction_names_each_column(world: World) -> None:
    """With the predicted and the real value."""
    earlier = world.now() - timedelta(minutes=6)

    lines = differences(world, request(world, end_date=earlier, admin_message="other"))

    assert (
        'atmosphere resource_request:18001 end_date: predicted (the time of the call), is "2026-01-15T11:54:00+00:00"',
        'atmosphere resource_request:18001 admin_message: predicted "text", is "other"',
    ) == lines


def test_column_that_stayed_empty_differs(world: World) -> None:
    """Atmosphere did not set it."""
    (line,) = differences(world, request(world, end_date=None, admin_message="text"))

    assert line.endswith("predicted (the time of the call), is null")


@pytest.mark.both_databases
def test_new_row_is_any_that_fits(world: World) -> None:
    """An earlier row with the same columns does not count."""
    prediction = Prediction("event_table", {"name": "x", "entity_id": "joetest"}, {"timestamp": TIME_OF_CALL}, SOURCE)
    assert differences(world, prediction)[0].startswith("atmosphere event_table:new is absent; predicted: insert")
    earlier = world.now() - timedelta(days=1)
    EventTable.objects.create(name="x", entity_id="joetest", payload={}, timestamp=earlier)
    assert 1 == len(differences(world, prediction))
    EventTable.objects.create(name="x", entity_id="joetest", payload={}, timestamp=world.now())
    EventTable.objects.create(name="x", entity_id="joetest", payload={}, timestamp=earlier)

    assert () == differences(world, prediction)


def test_key_of_a_new_row_is_another_than_before(world: World) -> None:
    """Its value is not known before the call."""
    prediction = replace(
        request(world),
        after={"status_id": KEY_OF_NEW},
        before={"status_id": ResourceRequest.objects.get(pk=18001).status_id},
    )
    assert 1 == len(differences(world, prediction))

    assert () == differences(world, replace(prediction, before={"status_id": 0}))
