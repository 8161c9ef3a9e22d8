"""find_workflows: by instance, user, phase and time, with and without labels, saved logs, and missing sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib import connect
from runbook_lib.config.settings import Settings
from runbook_lib.errors import NotConnected, ParamError, Refused
from runbook_lib.fixture.folder import cluster_state
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.launches import ARGO_INSTANCE
from runbook_lib.fixture.rows.workflows import FLOWS, GONE, NAMESPACE, instance_id_of
from runbook_lib.fixture.stand_ins.kubernetes import store
from runbook_lib.systems.db.models.atmosphere.models import Instance
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "find_workflows"


def rows(inspection: Inspection, title: str = "Workflows in Argo") -> list[dict[str, Any]]:
    """Return the rows of a table by column."""
    return next(part["rows"] for part in inspection.as_json()["tables"] if part["title"] == title)


def names(inspection: Inspection, title: str = "Workflows in Argo") -> list[str]:
    """Return the part of each workflow's name after the last dash."""
    return [row["workflow"].rpartition("-")[2] for row in rows(inspection, title)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"instance_id": ARGO_INSTANCE}, ["7w2kq"]),
        ({"instance_id": instance_id_of("six")}, ["k7hcj", "b4wnz"]),
        ({"username": "user.name@example.org"}, ["p9ldt"]),
        ({"username": "joetest", "status": "Running"}, ["v9dmx"]),
        ({"status": "Pending"}, ["w5sgb"]),
        ({"since_hours": 1}, ["w5sgb", "7w2kq", "k7hcj", "v9dmx", "p9ldt", "b4wnz", "m2gsk"]),
        ({"username": "nobody-of-that-name"}, []),
    ],
)
def test_matching_workflows_are_listed(world: World, bench: Bench, given: dict[str, Any], expected: list[str]) -> None:
    """Newest first; a workflow without labels matches by its address and its user."""
    assert expected == names(check_inspection(world, bench, NAME, **given))


def test_row_shows_the_failed_step_and_the_kind_of_match(world: World, bench: Bench) -> None:
    """The workflow is also on the timeline."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id_of("six"))

    assert [("30-atmo-common", "parameter"), ("10-setup-network-svcs", "label")] == [
        (row["failed step"], row["found by"]) for row in rows(inspection)
    ]
    assert [True, True] == [event.trouble for event in inspection.events]
    assert "runbook inspect show_workflow -p name=ansible-deploy-k7hcj" == inspection.steps[0].command


def test_workflow_older_than_the_instance_does_not_match(world: World, bench: Bench) -> None:
    """Another instance had its address then."""
    Instance.objects.filter(pk=instance_key("six")).update(start_date=world.now())

    assert ["b4wnz"] == names(check_inspection(world, bench, NAME, instance_id=instance_id_of("six")))


def test_ended_instance_is_not_searched_by_address(world: World, bench: Bench) -> None:
    """Another instance might have the address by now; the note says so."""
    Instance.objects.filter(pk=instance_key("six")).update(end_date=world.now())

    inspection = check_inspection(world, bench, NAME, instance_id=instance_id_of("six"))

    assert ["b4wnz"] == names(inspection)
    assert "have no labels" in inspection.as_json()["tables"][0]["note"]


def test_instance_missing_in_the_database_is_reported(world: World, bench: Bench) -> None:
    """Only the label can match then."""
    inspection = check_inspection(world, bench, NAME, instance_id="11111111-2222-3333-4444-555555555555")

    assert [] == names(inspection)
    assert ["atmosphere"] == [gap.source for gap in inspection.gaps]
    assert "Argo has no workflow of instance 11111111" in inspection.answer
    assert "runbooks/find-celery-tasks.html" == inspection.steps[0].page


def test_saved_logs_of_a_deleted_workflow_are_listed(world: World, bench: Bench) -> None:
    """The next step reads them."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id_of(GONE[0].instance))

    assert ([], ["d3kqv"]) == (names(inspection), names(inspection, "Saved logs"))
    assert inspection.answer.endswith("1 deployment left saved logs, 1 of them without a workflow above.")
    assert "runbook inspect show_workflow_logs -p name=ansible-deploy-d3kqv" == inspection.steps[0].command


def test_two_running_workflows_of_an_instance_are_reported(world: World, bench: Bench) -> None:
    """Each attempt of Atmosphere submits another; workflows of different instances are fine."""
    assert not any("at once" in step.text for step in check_inspection(world, bench, NAME).steps)
    state = cluster_state(bench.practice)
    body = store.read(state, "workflows", NAMESPACE, "ansible-deploy-c4tzn")
    assert body is not None
    body["status"]["phase"] = body["metadata"]["labels"]["workflows.argoproj.io/phase"] = "Running"
    store.put(state, "workflows", body)

    (step,) = (step for step in check_inspection(world, bench, NAME).steps if "at once" in step.text)

    assert step.text.startswith("ansible-deploy-c4tzn and ansible-deploy-v9dmx work on the same instance")
    assert "argo terminate -n argo ansible-deploy-c4tzn" == step.command


@pytest.mark.parametrize("status", [403, 503])
def test_missing_argo_leaves_the_saved_logs(world: World, bench: Bench, status: int) -> None:
    """The answer says that it is partial, and how to get the rest."""
    store.fail(cluster_state(bench.practice), status)

    inspection = check_inspection(world, bench, NAME, instance_id=ARGO_INSTANCE)

    assert inspection.answer.startswith(
        f"Argo's workflows of instance {ARGO_INSTANCE} are unknown. 1 deployment left saved logs"
    )
    assert (["argo"], ["7w2kq"]) == ([gap.source for gap in inspection.gaps], names(inspection, "Saved logs"))


def test_missing_logs_and_database_leave_argos_workflows(world: World, bench: Bench) -> None:
    """Each missing source is named."""
    settings = Settings(home=bench.home, argo_url=world.endpoints.argo_url)
    with connect.open_world(settings, operator="tester@host") as real:
        real.endpoints = real.endpoints.__class__(
            **{**vars(real.endpoints), "argo_config": world.endpoints.argo_config}
        )
        inspection = check_inspection(real, bench, NAME, instance_id=ARGO_INSTANCE)

    assert ["7w2kq"] == names(inspection)
    assert {"atmosphere", "logs"} == {gap.source for gap in inspection.gaps}
    assert "It is unknown whether there are saved logs." in inspection.answer


def test_missing_argo_and_logs_are_refused(bench: Bench) -> None:
    """An empty answer would mean that there are no workflows."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(Refused, match="Argo is not configured"),
    ):
        check_inspection(world, bench, NAME)


def test_unreachable_cluster_without_logs_is_not_connected(world: World, bench: Bench) -> None:
    """The error is that of the first source."""
    store.fail(cluster_state(bench.practice), 503)
    world.endpoints = world.endpoints.__class__(**{**vars(world.endpoints), "log_dir": None})
    with pytest.raises(NotConnected, match="HTTP 503"):
        check_inspection(world, bench, NAME)


@pytest.mark.parametrize("hours", [-1, 1_000_000])
def test_hours_out_of_range_are_refused(world: World, bench: Bench, hours: int) -> None:
    """Nothing is read before the refusal."""
    with pytest.raises((Refused, ParamError)):
        check_inspection(world, bench, NAME, since_hours=hours)


def test_all_workflows_are_listed_without_a_restriction(world: World, bench: Bench) -> None:
    """Each workflow of the fixture is in the list."""
    assert {flow.suffix for flow in FLOWS} == set(names(check_inspection(world, bench, NAME)))
