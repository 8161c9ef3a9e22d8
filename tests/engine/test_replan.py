"""The engine reads a plan's data again under the locks: a difference or a refusal makes the plan stale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import procedures
from runbook_lib.engine import replan
from runbook_lib.errors import StalePlan
from runbook_lib.fixture.rows.catalog import GUIDE_IMAGE
from runbook_lib.model import Call, RowInsert, System, SystemId
from runbook_lib.model.plan import Plan
from tests import sessions
from tests.checks import apply, everything, plan, undo_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.world.world import World
    from tests.conftest import Bench

MOVE = {"provider_id": 4, "image_id": GUIDE_IMAGE, "application_id": 1144, "version_name": "1.2"}
LATER = "UPDATE atmosphere_user SET last_login = '2026-01-15 08:00:00' WHERE username = 'joetest'"


@dataclass(frozen=True)
class LaterChange:
    """A procedure, a foreign change after its plan, and the start of the refusal."""

    name: str
    given: Mapping[str, Any]
    statement: str
    refusal: str


OTHER_VERSION = (
    "UPDATE provider_machine SET application_version_id = "
    "(SELECT id FROM application_version WHERE application_id = 1144 LIMIT 1) "
    "WHERE instance_source_id = "
    f"(SELECT id FROM instance_source WHERE identifier = '{GUIDE_IMAGE}' AND provider_id = 4)"
)
MOVED = (
    LaterChange(
        "grant_staff",
        {"username": "joetest", "site": "atmosphere"},
        "UPDATE atmosphere_user SET username = 'mallory' WHERE username = 'joetest'",
        "there is no user 'joetest'",
    ),
    LaterChange("move_image_version", MOVE, OTHER_VERSION, "move_image_version would now plan something else"),
    LaterChange(
        "change_allocation",
        procedures.find("change_allocation").practice_example,
        "UPDATE allocation_source_snapshot SET compute_used = 5000",
        "change_allocation now refuses",
    ),
    LaterChange(
        "close_resource_request",
        procedures.find("close_resource_request").practice_example,
        "UPDATE status_type SET name = 'renamed' WHERE name = 'closed'",
        "close_resource_request now refuses",
    ),
)


@pytest.mark.both_databases
@pytest.mark.parametrize("case", MOVED, ids=lambda case: case.name)
def test_later_change_of_a_read_row_stops_a_saved_plan(world: World, bench: Bench, case: LaterChange) -> None:
    """Exit code 4, and nothing is changed; the plan writes none of these rows."""
    planned = plan(world, case.name, **case.given)
    sessions.execute(bench, "atmosphere", case.statement)
    before = everything(bench)

    with pytest.raises(StalePlan, match=case.refusal) as error:
        apply(world, bench, planned)

    assert 4 == error.value.exit_code
    assert error.value.changed is False
    assert before == everything(bench)


@pytest.mark.both_databases
def test_irrelevant_change_does_not_stop_a_plan(world: World, bench: Bench) -> None:
    """A login in between, and more hours used within the limit."""
    planned = plan(world, "grant_staff", username="joetest")
    sessions.execute(bench, "atmosphere", LATER)
    sessions.execute(bench, "atmosphere", "UPDATE allocation_source_snapshot SET compute_used = compute_used + 1")

    assert "applied" == apply(world, bench, planned).state


def test_one_of_three_saved_plans_starts_imaging(world: World, bench: Bench) -> None:
    """The second and third plan were made while nothing was in flight; the first one is in flight now."""
    example = procedures.find("approve_imaging_request").practice_example
    planned = [
        plan(world, "approve_imaging_request", **{**example, "request_id": request}) for request in (16501, 16502)
    ]
    apply(world, bench, planned[0])
    with pytest.raises(StalePlan, match="16501"):
        apply(world, bench, planned[1])


def test_undo_reads_its_preconditions_again(world: World, bench: Bench) -> None:
    """The last other superuser goes between the plan of an undo and its application."""
    run = apply(world, bench, plan(world, "grant_staff", username="joetest", site="atmosphere"))
    undo = undo_plan(world, bench, run.run_id)
    sessions.execute(bench, "atmosphere", "UPDATE atmosphere_user SET is_superuser = FALSE WHERE username <> 'joetest'")

    with pytest.raises(StalePlan):
        apply(world, bench, undo)


NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
UUIDS = ("b9c2a1d0-0000-4000-8000-000000000001", "b9c2a1d0-0000-4000-8000-000000000002")


def _plan_made_at(at: datetime, uuid: str, **more: Any) -> Plan:
    """Return a plan as made at a time, with the UUID that it drew for its new row."""
    end = (at + timedelta(hours=4)).isoformat()
    row = {"uuid": uuid, "start_date": at.isoformat(), "end_date": end, "payload": {"name": "x"}} | more
    insert = RowInsert(database="atmosphere", table="event_table", pk={"id": None}, row=row)
    call = Call(system=SystemId(System.API), target=uuid, action="show", before=None, after="x")
    return Plan(procedure="p", changes=(insert, call), created=at.isoformat())


@pytest.mark.parametrize(
    ("new_plan", "same"),
    [
        (_plan_made_at(NOW + timedelta(minutes=3), UUIDS[1]), True),
        (_plan_made_at(NOW, UUIDS[0]), True),
        (_plan_made_at(NOW, UUIDS[1], end_date=None), False),
        (_plan_made_at(NOW, UUIDS[1], payload={"name": "y"}), False),
        (_plan_made_at(NOW, UUIDS[1], payload={"name": "x", "more": 1}), False),
        (_plan_made_at(NOW + timedelta(minutes=3), UUIDS[1], end_date=NOW.isoformat()), False),
        (Plan(procedure="p", because="it is so already"), False),
    ],
)
def test_generated_times_and_uuids_are_not_a_difference(new_plan: Plan, *, same: bool) -> None:
    """A plan that is made later draws other UUIDs and writes later times; any other difference counts."""
    difference = replan.difference(
        _plan_made_at(NOW, UUIDS[0]), new_plan, created=datetime.fromisoformat(new_plan.created or NOW.isoformat())
    )

    assert same is not bool(difference)
