"""What Atmosphere's API writes in consequence of each call: predicted, compared, and reported if it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import render
from runbook_lib.diagnosis.consequences import SOURCES
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.launches import GUIDE_INSTANCE
from runbook_lib.model import quota
from runbook_lib.model.plan import Plan
from runbook_lib.systems.db.models.atmosphere.models import (
    Identity,
    InstanceStatusHistory,
    MachineRequest,
    Quota,
    ResourceRequest,
    StatusType,
)
from tests.checks import apply, plan

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench

QUOTA = {"username": "joetest", "provider_id": 4, "cpu": 44}
DENIED = {"request_id": 18002, "decision": "denied", "message": "too much"}


def written(planned: Plan) -> dict[str, list[str]]:
    """Return row → predicted columns."""
    return {prediction.row.partition(":")[0]: list(prediction.after) for prediction in planned.predictions}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("reboot_instance", {"instance_id": GUIDE_INSTANCE}, {"instance_status_history": ["start_date", "size_id"]}),
        (
            "reboot_instance",
            {"instance_id": GUIDE_INSTANCE, "hard": True},
            {"instance_status_history": ["start_date", "size_id"]},
        ),
        ("redeploy_instance", {"instance_id": GUIDE_INSTANCE}, {"instance_status_history": ["start_date", "size_id"]}),
        ("change_quota", QUOTA, {"event_table": ["timestamp"], "quota": [], "identity": ["quota_id"]}),
        ("approve_resource_request", {"request_id": 18001}, {"resource_request": ["status_id"]}),
        ("close_resource_request", DENIED, {"resource_request": ["status_id", "end_date", "admin_message"]}),
    ],
)
def test_predictions_hold(
    world: World, bench: Bench, name: str, given: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    """The stand-in writes what upstream writes, and nothing differs."""
    planned = plan(world, name, **given)
    assert expected == written(planned)

    outcome = apply(world, bench, planned)

    assert ("applied", ()) == (outcome.state, outcome.surprises)
    assert () == bench.journal.run(outcome.run_id).surprises


def test_each_prediction_has_a_source() -> None:
    """A file of upstream with its lines."""
    assert all(".py:" in source for tables in SOURCES.values() for source in tables.values())


def test_approved_imaging_is_predicted(world: World, bench: Bench) -> None:
    """An earlier error is taken from the message."""
    started = StatusType.objects.get(name="started").pk
    in_flight = ("started", "approved", "imaging", "processing", "validating")
    closed = StatusType.objects.get(name="closed").pk
    MachineRequest.objects.filter(status__name__in=in_flight).update(status_id=closed)
    message = "(processing - 1) - ERROR - Exception('x',) Exception: x"
    MachineRequest.objects.filter(pk=16501).update(old_status=message)

    planned = plan(world, "approve_imaging_request", request_id=16501)

    (prediction,) = planned.predictions
    assert {"status_id": started, "old_status": "processing - 1"} == prediction.after
    assert () == apply(world, bench, planned).surprises


def test_equal_quota_is_not_added(world: World) -> None:
    """The identity gets the existing row."""
    identity = Identity.objects.get(created_by__username="joetest", provider_id=4)
    limits = {name: getattr(identity.quota, name) for name in quota.FIELDS}
    key = Quota.objects.create(**limits | {"cpu": 44}).pk

    predictions = plan(world, "change_quota", **QUOTA).predictions

    assert ["event_table", "identity"] == [prediction.table for prediction in predictions]
    assert {"quota_id": key} == predictions[1].after


def test_status_that_is_current_already_writes_nothing(world: World) -> None:
    """Upstream's ``update_history`` compares the names."""
    instance_id = InstanceStatusHistory.objects.filter(instance_id=instance_key("is-reboot"))[0].instance.provider_alias

    assert () == plan(world, "reboot_instance", instance_id=instance_id).predictions


@pytest.mark.both_databases
def test_wrong_prediction_is_reported_and_is_not_a_failure(world: World, bench: Bench) -> None:
    """The outcome, the journal and both front ends show it."""
    planned = plan(world, "close_resource_request", **DENIED)
    ResourceRequest.objects.filter(pk=18002).update(end_date=None)
    expected = "resource_request:18002 end_date: predicted"

    def forget(point: str) -> None:
        if point == "verified":
            ResourceRequest.objects.filter(pk=18002).update(end_date=None)

    outcome = apply(world, bench, planned, watch=forget)

    run = bench.journal.run(outcome.run_id)
    assert "applied" == outcome.state
    assert outcome.verified
    assert [expected in line for line in outcome.surprises] == [True]
    assert run.surprises == outcome.surprises
    assert f"Predicted wrongly: atmosphere {expected}" in render.outcome_text(outcome)
    assert "- Predicted wrongly: atmosphere" in render.outcome_markdown(outcome)
    assert "predicted wrongly: atmosphere" in render.run_text(run)
    assert list(outcome.surprises) == outcome.as_json()["surprises"] == run.as_json()["surprises"]


def test_predictions_are_shown_everywhere(world: World) -> None:
    """In the text, in the notebook and in JSON, from which the plan is read back."""
    planned = plan(world, "change_quota", **QUOTA)

    assert "predicted: insert atmosphere event_table:new" in render.plan_text(planned)
    table = render.plan_markdown(planned)
    assert '| `event_table:new` | name | `absent` | `"quota_assigned"` | `core/events/' in table
    assert planned == Plan.from_json(planned.as_json())
    assert planned.predictions
