"""show_workflow: steps and attempts, the failed step's last lines, the instance, and logs of a deleted workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.errors import NotConnected, TargetNotFound
from runbook_lib.fixture.folder import cluster_state
from runbook_lib.fixture.rows.instances import instance_key
from runbook_lib.fixture.rows.launches import ARGO_INSTANCE
from runbook_lib.fixture.rows.workflows import NAMESPACE
from runbook_lib.fixture.stand_ins.kubernetes import store
from runbook_lib.systems.db.models.atmosphere.models import Instance
from tests.checks import check_inspection

if TYPE_CHECKING:
    from runbook_lib.model.inspection import Inspection
    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "show_workflow"
FAILED, RUNNING, GONE = "ansible-deploy-7w2kq", "ansible-deploy-v9dmx", "ansible-deploy-d3kqv"


def facts(inspection: Inspection) -> dict[str, Any]:
    """Return the table of the workflow itself."""
    return {row["field"]: row["value"] for row in inspection.as_json()["tables"][0]["rows"]}


def change(bench: Bench, name: str, **parts: Any) -> None:
    """Replace parts of a workflow's object."""
    state = cluster_state(bench.practice)
    body = store.read(state, "workflows", NAMESPACE, name)
    assert body is not None
    store.put(state, "workflows", body | parts)


def test_failed_workflow_is_shown_with_its_last_lines(world: World, bench: Bench) -> None:
    """The failed step, its last lines, and the next steps."""
    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert f"{FAILED} is Failed after 6 minutes: 05-setup-packages failed." == inspection.answer
    steps = inspection.as_json()["tables"][1]["rows"]
    assert [("00-setup-ssh", "Succeeded"), ("05-setup-packages", "Failed")] == [(s["step"], s["phase"]) for s in steps]
    (text,) = inspection.as_json()["texts"]
    assert ("The last lines of the log of ansible-deploy-7w2kq-1", True) == (
        text["title"],
        "Failed to lock apt" in text["text"],
    )
    commands = [step.command for step in inspection.steps]
    assert f"runbook plan redeploy_instance -p instance_id={ARGO_INSTANCE}" in commands
    assert f"runbook plan resubmit_workflow -p name={FAILED}" in commands
    assert ARGO_INSTANCE == facts(inspection)["instance"]
    assert () == inspection.gaps


def test_instance_with_another_address_is_reported(world: World, bench: Bench) -> None:
    """Running the workflow again would work on another machine, so it is not offered."""
    Instance.objects.filter(pk=instance_key("argo-example")).update(ip_address="192.0.2.55")

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert facts(inspection)["address now"].startswith("192.0.2.55: the workflow deploys to another machine")
    assert not any("resubmit_workflow" in step.command for step in inspection.steps)
    assert any("redeploy_instance" in step.command for step in inspection.steps)


def test_long_running_workflow_is_reported(world: World, bench: Bench) -> None:
    """Atmosphere no longer waits for it; no repetition is offered."""
    inspection = check_inspection(world, bench, NAME, name=RUNNING)

    assert f"{RUNNING} is Running for 40 minutes." == inspection.answer
    assert ["show_workflow_logs", "find_workflows"] == [step.command.split()[2] for step in inspection.steps]
    assert [True] == [event.lasts for event in inspection.events if event.text.endswith("Running")]


@pytest.mark.parametrize(
    ("suffix", "what"),
    [
        ("m2gsk", "is Succeeded after 6 minutes."),
        ("w5sgb", "is not yet processed by Argo's controller for 3 minutes."),
        ("k7hcj", "is Failed after 6 minutes: 30-atmo-common failed."),
        ("b4wnz", "is Error after 6 minutes: 10-setup-network-svcs failed."),
    ],
)
def test_every_phase_is_shown(world: World, bench: Bench, suffix: str, what: str) -> None:
    """With labels and without."""
    inspection = check_inspection(world, bench, NAME, name=f"ansible-deploy-{suffix}")

    assert f"ansible-deploy-{suffix} {what}" == inspection.answer
    offered = any("resubmit_workflow" in step.command for step in inspection.steps)
    assert offered is (suffix == "k7hcj")  # b4wnz deploys to an address that is no longer its instance's


def test_workflow_stopped_by_hand_is_reported(world: World, bench: Bench) -> None:
    """Its spec has the order."""
    assert "Terminate" == facts(check_inspection(world, bench, NAME, name="ansible-deploy-h5bpw"))["stopped by hand"]


def test_steps_outside_kubernetes_are_a_missing_source(world: World, bench: Bench) -> None:
    """It names the command that shows them."""
    change(bench, FAILED, status={"phase": "Failed", "message": "child failed", "offloadNodeStatusVersion": "fnv:1"})

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert ([("steps", f"argo get -n argo {FAILED}")]) == [(gap.source, gap.how) for gap in inspection.gaps]
    assert inspection.answer.endswith(": child failed.")


def test_saved_logs_of_a_deleted_workflow_are_shown(world: World, bench: Bench) -> None:
    """Its instance and user, and its last playbook."""
    inspection = check_inspection(world, bench, NAME, name=GONE)

    assert inspection.answer.startswith(f"Argo has deleted {GONE}; its logs were saved on 2026-01-14_140100.")
    assert inspection.answer.endswith("of joetest; its last playbook was 10_setup_network_svcs.")


def test_unknown_workflow_is_not_found(world: World, bench: Bench) -> None:
    """The error suggests similar names."""
    with pytest.raises(TargetNotFound) as caught:
        check_inspection(world, bench, NAME, name="ansible-deploy-7w2kp")
    assert "ansible-deploy-7w2kq" in caught.value.why


def test_unreachable_cluster_leaves_the_saved_logs(world: World, bench: Bench) -> None:
    """The answer does not claim that Argo deleted the workflow."""
    store.fail(cluster_state(bench.practice), 503)

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert inspection.answer.startswith(
        f"The state of {FAILED} in Argo is unknown; its logs were saved on 2026-01-15_045500"
    )
    assert {"argo", "pods"} == {gap.source for gap in inspection.gaps}
    with pytest.raises(NotConnected, match="HTTP 503"):
        check_inspection(world, bench, NAME, name="ansible-deploy-nope")


def test_missing_logs_leave_an_existing_workflow(world: World, bench: Bench) -> None:
    """A workflow in the cluster needs no saved logs."""
    world.endpoints = world.endpoints.__class__(**{**vars(world.endpoints), "log_dir": None})
    assert ["logs"] == [gap.source for gap in check_inspection(world, bench, NAME, name=FAILED).gaps]
