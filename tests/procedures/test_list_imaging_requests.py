"""list_imaging_requests: what each request is, by its row and by Celery, and what is said when Celery is silent."""

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


def test_every_open_request_is_listed_once_with_what_it_is(world: World, bench: Bench) -> None:
    """The errored keep their status and are not in flight; the re-submitted keep their message and wait."""
    expected = {one.name: "errored" for one in REQUESTS if one.reason.startswith("failed")}
    expected |= dict.fromkeys(("waiting", "waiting-too", "re-submitted"), "waiting")
    expected |= dict.fromkeys((*RUNNING, "never-set"), "stalled")  # the fixture's queue is proved empty

    inspection = check_inspection(world, bench, NAME)

    assert expected == states(inspection)
    assert "32 requests are open: 0 in flight, 6 stalled, 23 errored, 3 waiting for approval." == inspection.answer


@pytest.mark.parametrize(
    ("state", "number"), [("in-flight", 0), ("waiting", 3), ("errored", 23), ("stalled", 6), ("all", 32)]
)
def test_one_state_can_be_chosen(world: World, bench: Bench, state: str, number: int) -> None:
    """The others are still counted in the answer."""
    inspection = check_inspection(world, bench, NAME, state=state)

    assert number == len(inspection.parts[0].rows)
    assert {state} >= set(states(inspection).values()) or state == "all"
    assert inspection.answer.startswith("32 requests are open")


def test_another_state_is_refused(world: World, bench: Bench) -> None:
    """With the one that was meant."""
    with pytest.raises(ParamError, match="did you mean stalled"):
        check_inspection(world, bench, NAME, state="staled")


def test_what_an_error_means_is_said_by_its_text(world: World, bench: Bench) -> None:
    """Not by the state in parentheses; what no rule knows is still told to be an error."""
    MachineRequest.objects.filter(new_application_name="tenant").update(old_status="(pending) - ERROR - gremlins")
    found = rows(check_inspection(world, bench, NAME))

    assert found["nbd"]["says"] == found["nbd-guide"]["says"]  # (pending) and (imaging)
    assert all(row["says"] for row in found.values() if row["state"] == "errored")


@pytest.mark.parametrize("mark", ["ERROR", "Traceback", "Exception"])
def test_each_mark_of_an_error_makes_it_errored(world: World, bench: Bench, mark: str) -> None:
    """Its case counts, as in the web interface."""
    MachineRequest.objects.filter(new_application_name="in-flight").update(old_status=f"an {mark}")
    MachineRequest.objects.filter(new_application_name="silent-stall").update(old_status=f"an {mark.swapcase()}")

    found = states(check_inspection(world, bench, NAME))

    assert ("errored", "stalled") == (found["in-flight"], found["silent-stall"])


def test_where_an_approval_would_begin_is_said(world: World, bench: Bench) -> None:
    """Of those that wait."""
    found = rows(check_inspection(world, bench, NAME))

    assert found["waiting"]["says"].startswith("approved, it would resume from the beginning")
    assert found["re-submitted"]["says"].startswith("approved, it would resume with validation")


def test_an_instance_that_ended_and_another_target_are_marked(world: World, bench: Bench) -> None:
    """Both decide whether, and how, an image can be made."""
    Instance.objects.filter(provider_alias=instance_id("waiting")).update(end_date=world.now())
    MachineRequest.objects.filter(new_application_name="waiting-too").update(new_machine_provider_id=5)

    found = rows(check_inspection(world, bench, NAME))

    assert f"{instance_id('waiting')} (ended)" == found["waiting"]["instance_id"]
    assert "4 Jetstream - Indiana University, to 5" == found["waiting-too"]["provider"]


def test_a_second_status_of_one_name_hides_nothing(world: World, bench: Bench) -> None:
    """The name is not unique."""
    second = StatusType.objects.create(name="started", start_date=world.now())
    MachineRequest.objects.filter(new_application_name="in-flight").update(status_id=second.pk)

    assert "stalled" == states(check_inspection(world, bench, NAME))["in-flight"]


def test_the_next_steps_name_requests_that_are_there(world: World, bench: Bench) -> None:
    """The failed one, a stalled one, and the one that has waited longest with the stalled ones confirmed."""
    keys = dict(MachineRequest.objects.values_list("new_application_name", "pk"))
    stalled = sorted(keys[name] for name in (*RUNNING, "never-set"))

    commands = [step.command for step in check_inspection(world, bench, NAME).steps]

    despite = f"-p despite_in_flight={','.join(map(str, stalled))}"
    assert [
        f"runbook inspect triage_imaging_request -p request_id={keys['none-type-guide']}",
        f"runbook plan resubmit_imaging_request -p request_id={stalled[0]}",
        f"runbook plan approve_imaging_request -p request_id={keys['waiting-too']} {despite}",
    ] == commands


def test_nobody_is_sent_to_approve_beside_one_that_runs(world: World, bench: Bench) -> None:
    """One at a time."""
    with celery(bench) as state:
        state["tasks"] = [task(instance_id("in-flight"))]

    last = check_inspection(world, bench, NAME).steps[-1]

    assert ("Approve the next one when none is in flight any more.", "") == (last.text, last.command)


def test_without_the_database_it_says_so(bench: Bench) -> None:
    """It is the one thing this is about."""
    settings = Settings(home=bench.home, api_url="http://127.0.0.1:9/api")
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(NotConnected, match="RUNBOOK_ATMOSPHERE_DB"),
    ):
        check_inspection(world, bench, NAME)


def test_the_table_is_cut_with_a_word(world: World, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left out in silence."""
    monkeypatch.setattr(list_imaging_requests, "_SHOWN", 30)

    part = check_inspection(world, bench, NAME).parts[0]

    assert 30 == len(part.rows)  # type: ignore[union-attr]
    assert part.note.endswith("; 2 more are left out")  # type: ignore[union-attr]


def test_the_order_is_that_of_urgency(world: World, bench: Bench) -> None:
    """In flight, stalled, errored, waiting; in each by id."""
    with celery(bench) as state:
        state["tasks"] = [task(instance_id("in-flight"))]

    found = check_inspection(world, bench, NAME).parts[0].rows  # type: ignore[union-attr]

    assert ["in-flight", "stalled", "errored", "waiting"] == [
        key for key, _ in itertools.groupby(row[1] for row in found)
    ]
