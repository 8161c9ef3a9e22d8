"""list_imaging_requests: the state of each request, by its row and by Celery."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected, ParamError
from runbook_lib.fixture.rows.requests import REQUESTS
from runbook_lib.procedures import list_imaging_requests
from runbook_lib.systems.db.models.atmosphere.models import Instance, MachineRequest, StatusType
from tests.checks import check_inspection
from tests.procedures.imaging_requests import NAME, RUNNING, celery, instance_id, rows, states, task

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def test_each_open_request_is_listed_once_with_its_state(world: World, bench: Bench) -> None:
    """Errored requests keep their status and are not in flight; resubmitted ones keep their message and wait."""
    expected = {request.name: "errored" for request in REQUESTS if request.reason.startswith("failed")}
    expected |= dict.fromkeys(("waiting", "waiting-too", "re-submitted"), "waiting")
    expected |= dict.fromkeys((*RUNNING, "never-set"), "stalled")  # the fixture's queue is proved empty

    inspection = check_inspection(world, bench, NAME)

    assert expected == states(inspection)
    assert "32 requests are open: 0 in flight, 6 stalled, 23 errored, 3 waiting for approval." == inspection.answer


@pytest.mark.parametrize(
    ("state", "number"), [("in-flight", 0), ("waiting", 3), ("errored", 23), ("stalled", 6), ("all", 32)]
)
def test_list_can_be_restricted_to_one_state(world: World, bench: Bench, state: str, number: int) -> None:
    """The answer still counts the others."""
    inspection = check_inspection(world, bench, NAME, state=state)

    assert number == len(inspection.parts[0].rows)
    assert {state} >= set(states(inspection).values()) or state == "all"
    assert inspection.answer.startswith("32 requests are open")


def test_unknown_state_is_refused(world: World, bench: Bench) -> None:
    """The refusal suggests the right one."""
    with pytest.raises(ParamError, match="did you mean stalled"):
        check_inspection(world, bench, NAME, state="staled")


def test_meaning_of_an_error_comes_from_its_text(world: World, bench: Bench) -> None:
    """The state in parentheses does not matter; an unknown error is still reported as an error."""
    MachineRequest.objects.filter(new_application_name="tenant").update(old_status="(pending) - ERROR - gremlins")
    listed = rows(check_inspection(world, bench, NAME))

    assert listed["nbd"]["meaning"] == listed["nbd-guide"]["meaning"]  # (pending) and (imaging)
    assert all(row["meaning"] for row in listed.values() if row["state"] == "errored")


@pytest.mark.parametrize("mark", ["ERROR", "Traceback", "Exception"])
def test_each_error_mark_makes_a_request_errored(world: World, bench: Bench, mark: str) -> None:
    """Upper and lower case matter, as in the web interface."""
    MachineRequest.objects.filter(new_application_name="in-flight").update(old_status=f"an {mark}")
    MachineRequest.objects.filter(new_application_name="silent-stall").update(old_status=f"an {mark.swapcase()}")

    listed = states(check_inspection(world, bench, NAME))

    assert ("errored", "stalled") == (listed["in-flight"], listed["silent-stall"])


def test_resume_point_of_waiting_requests_is_shown(world: World, bench: Bench) -> None:
    """It is where an approval would resume."""
    listed = rows(check_inspection(world, bench, NAME))

    assert listed["waiting"]["meaning"].startswith("an approval would resume from the beginning")
    assert listed["re-submitted"]["meaning"].startswith("an approval would resume with validation")


def test_ended_instance_and_other_target_are_marked(world: World, bench: Bench) -> None:
    """Both decide whether, and how, an image can be made."""
    Instance.objects.filter(provider_alias=instance_id("waiting")).update(end_date=world.now())
    MachineRequest.objects.filter(new_application_name="waiting-too").update(new_machine_provider_id=5)

    listed = rows(check_inspection(world, bench, NAME))

    assert f"{instance_id('waiting')} (ended)" == listed["waiting"]["instance_id"]
    assert "4 Jetstream - Indiana University, to 5" == listed["waiting-too"]["provider"]


def test_duplicate_status_hides_no_request(world: World, bench: Bench) -> None:
    """The name is not unique."""
    second = StatusType.objects.create(name="started", start_date=world.now())
    MachineRequest.objects.filter(new_application_name="in-flight").update(status_id=second.pk)

    assert "stalled" == states(check_inspection(world, bench, NAME))["in-flight"]


def test_next_steps_name_existing_requests(world: World, bench: Bench) -> None:
    """A failed one, a stalled one, and the longest-waiting one with the stalled ones confirmed."""
    keys = dict(MachineRequest.objects.values_list("new_application_name", "pk"))
    stalled = sorted(keys[name] for name in (*RUNNING, "never-set"))

    commands = [step.command for step in check_inspection(world, bench, NAME).steps]

    assert [
        f"runbook inspect triage_imaging_request -p request_id={keys['none-type-guide']}",
        f"runbook plan resubmit_imaging_request -p request_id={stalled[0]}",
        f"runbook plan approve_imaging_request -p request_id={keys['waiting-too']}",
    ] == commands


def test_no_approval_is_offered_while_a_request_runs(world: World, bench: Bench) -> None:
    """At most one request can be in flight."""
    with celery(bench) as state:
        state["tasks"] = [task(instance_id("in-flight"))]

    last = check_inspection(world, bench, NAME).steps[-1]

    assert ("Approve the next request when none is in flight.", "") == (last.text, last.command)


def test_missing_database_is_refused(bench: Bench) -> None:
    """Every request is a row in it."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME)


def test_left_out_rows_are_counted(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The note has their number."""
    monkeypatch.setattr(list_imaging_requests, "_MAX_SHOWN", 30)

    part = check_inspection(world, bench, NAME).parts[0]

    assert 30 == len(part.rows)  # type: ignore[union-attr]
    assert part.note.endswith("; 2 more are left out")  # type: ignore[union-attr]


def test_rows_are_sorted_by_urgency(world: World, bench: Bench) -> None:
    """In flight, stalled, errored, waiting; within each state by ID."""
    with celery(bench) as state:
        state["tasks"] = [task(instance_id("in-flight"))]

    listed = check_inspection(world, bench, NAME).parts[0].rows  # type: ignore[union-attr]

    assert ["in-flight", "stalled", "errored", "waiting"] == [
        key for key, _ in itertools.groupby(row[1] for row in listed)
    ]
