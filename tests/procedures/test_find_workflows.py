"""find_workflows: by instance, user, phase and time, with labels and without, the saved logs, and silent sources."""

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
    """Return what stands behind the last dash of the workflows' names."""
    return [row["workflow"].rpartition("-")[2] for row in rows(inspection, title)]


@pytest.mark.parametrize(
    ("given", "found"),
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
def test_workflows_are_found(world: World, bench: Bench, given: dict[str, Any], found: list[str]) -> None:
    """The newest first; one without labels by its address and its user."""
    assert found == names(check_inspection(world, bench, NAME, **given))


def test_a_workflow_tells_its_failed_step_and_how_it_was_found(world: World, bench: Bench) -> None:
    """And it is on the timeline."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id_of("six"))

    assert [("30-atmo-common", "parameter"), ("10-setup-network-svcs", "label")] == [
        (row["failed step"], row["found by"]) for row in rows(inspection)
    ]
    assert [True, True] == [event.trouble for event in inspection.events]
    assert "runbook inspect show_workflow -p name=ansible-deploy-k7hcj" == inspection.steps[0].command


def test_what_is_older_than_the_instance_is_not_its_own(world: World, bench: Bench) -> None:
    """Its address was another's then."""
    Instance.objects.filter(pk=instance_key("six")).update(start_date=world.now())

    assert ["b4wnz"] == names(check_inspection(world, bench, NAME, instance_id=instance_id_of("six")))


def test_an_instance_that_ended_is_not_looked_for_by_its_address(world: World, bench: Bench) -> None:
    """Somebody else may have it by now; that is said."""
    Instance.objects.filter(pk=instance_key("six")).update(end_date=world.now())

    inspection = check_inspection(world, bench, NAME, instance_id=instance_id_of("six"))

    assert ["b4wnz"] == names(inspection)
    assert "have no labels" in inspection.as_json()["tables"][0]["note"]


def test_an_instance_that_the_database_has_not_is_told(world: World, bench: Bench) -> None:
    """Workflows are found by the label alone then."""
    inspection = check_inspection(world, bench, NAME, instance_id="11111111-2222-3333-4444-555555555555")

    assert [] == names(inspection)
    assert ["atmosphere"] == [gap.source for gap in inspection.gaps]
    assert "Argo has no workflow of instance 11111111" in inspection.answer
    assert "runbooks/find-celery-tasks.html" == inspection.steps[0].page


def test_saved_logs_of_what_argo_deleted_are_found(world: World, bench: Bench) -> None:
    """They are all that is left, and the next step reads them."""
    inspection = check_inspection(world, bench, NAME, instance_id=instance_id_of(GONE[0].instance))

    assert ([], ["d3kqv"]) == (names(inspection), names(inspection, "Saved logs"))
    assert inspection.answer.endswith("1 deployment left saved logs, 1 of them of no workflow above.")
    assert "runbook inspect show_workflow_logs -p name=ansible-deploy-d3kqv" == inspection.steps[0].command


def test_two_that_run_for_one_instance_are_told(world: World, bench: Bench) -> None:
    """Each try of Atmosphere's submits another; of two instances nothing is said."""
    assert not any("at once" in step.text for step in check_inspection(world, bench, NAME).steps)
    state = cluster_state(bench.practice)
    body = store.read(state, "workflows", NAMESPACE, "ansible-deploy-c4tzn")
    assert body is not None
    body["status"]["phase"] = body["metadata"]["labels"]["workflows.argoproj.io/phase"] = "Running"
    store.put(state, "workflows", body)

    (step,) = (step for step in check_inspection(world, bench, NAME).steps if "at once" in step.text)

    assert step.text.startswith("ansible-deploy-c4tzn and ansible-deploy-v9dmx work on one instance")
    assert "argo terminate -n argo ansible-deploy-c4tzn" == step.command


@pytest.mark.parametrize("status", [403, 503])
def test_without_argo_the_saved_logs_are_shown(world: World, bench: Bench, status: int) -> None:
    """The answer says that it is partial, and how to get the rest."""
    store.fail(cluster_state(bench.practice), status)

    inspection = check_inspection(world, bench, NAME, instance_id=ARGO_INSTANCE)

    assert inspection.answer.startswith(
        f"What Argo has of instance {ARGO_INSTANCE} is not known. 1 deployment left saved logs"
    )
    assert (["argo"], ["7w2kq"]) == ([gap.source for gap in inspection.gaps], names(inspection, "Saved logs"))


def test_without_logs_and_database_argo_is_shown(world: World, bench: Bench) -> None:
    """What is missing is said for each."""
    settings = Settings(home=bench.home, argo_url=world.endpoints.argo_url)
    with connect.open_world(settings, operator="tester@host") as real:
        real.endpoints = real.endpoints.__class__(
            **{**vars(real.endpoints), "argo_config": world.endpoints.argo_config}
        )
        inspection = check_inspection(real, bench, NAME, instance_id=ARGO_INSTANCE)

    assert ["7w2kq"] == names(inspection)
    assert {"atmosphere", "logs"} == {gap.source for gap in inspection.gaps}
    assert "Whether there are saved logs is not known." in inspection.answer


def test_with_nothing_to_ask_it_is_refused(bench: Bench) -> None:
    """An empty answer would pass for none."""
    settings = Settings(home=bench.home, atmosphere_db=bench.databases["atmosphere"])
    with (
        connect.open_world(settings, operator="tester@host") as world,
        pytest.raises(Refused, match="Argo is not configured"),
    ):
        check_inspection(world, bench, NAME)


def test_a_cluster_that_is_down_and_no_logs_is_not_connected(world: World, bench: Bench) -> None:
    """The first source's error is the answer."""
    store.fail(cluster_state(bench.practice), 503)
    world.endpoints = world.endpoints.__class__(**{**vars(world.endpoints), "log_dir": None})
    with pytest.raises(NotConnected, match="HTTP 503"):
        check_inspection(world, bench, NAME)


@pytest.mark.parametrize("hours", [-1, 1_000_000])
def test_hours_out_of_range_are_refused(world: World, bench: Bench, hours: int) -> None:
    """Before anything is asked."""
    with pytest.raises((Refused, ParamError)):
        check_inspection(world, bench, NAME, since_hours=hours)


def test_every_workflow_of_the_fixture_is_found(world: World, bench: Bench) -> None:
    """Without any restriction."""
    assert {flow.suffix for flow in FLOWS} == set(names(check_inspection(world, bench, NAME)))
