"""show_workflow: steps and tries, the failed step's last lines, whose machine it is, what is left of a deleted one."""

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
    return {row["what"]: row["value"] for row in inspection.as_json()["tables"][0]["rows"]}


def change(bench: Bench, name: str, **parts: Any) -> None:
    """Replace parts of a workflow's object."""
    state = cluster_state(bench.practice)
    body = store.read(state, "workflows", NAMESPACE, name)
    assert body is not None
    store.put(state, "workflows", body | parts)


def test_a_failed_workflow_is_shown_with_what_its_step_wrote(world: World, bench: Bench) -> None:
    """Which step, its last lines, and how to go on."""
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


def test_an_instance_with_another_address_is_told(world: World, bench: Bench) -> None:
    """Running the workflow again would work on somebody else's machine: that is not offered."""
    Instance.objects.filter(pk=instance_key("argo-example")).update(ip_address="192.0.2.55")

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert facts(inspection)["address now"].startswith("192.0.2.55: it deploys to another machine")
    assert not any("resubmit_workflow" in step.command for step in inspection.steps)
    assert any("redeploy_instance" in step.command for step in inspection.steps)


def test_a_workflow_that_runs_for_long_is_told(world: World, bench: Bench) -> None:
    """Atmosphere does not wait for it any more; nothing to redo is offered."""
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
def test_every_phase_is_told(world: World, bench: Bench, suffix: str, what: str) -> None:
    """With labels and without."""
    inspection = check_inspection(world, bench, NAME, name=f"ansible-deploy-{suffix}")

    assert f"ansible-deploy-{suffix} {what}" == inspection.answer
    offered = any("resubmit_workflow" in step.command for step in inspection.steps)
    assert offered is (suffix == "k7hcj")  # b4wnz deploys to an address that is not its instance's any more


def test_one_that_was_ended_by_hand_says_so(world: World, bench: Bench) -> None:
    """Its spec has it."""
    assert "Terminate" == facts(check_inspection(world, bench, NAME, name="ansible-deploy-h5bpw"))["ended by hand"]


def test_steps_that_argo_keeps_elsewhere_are_a_gap(world: World, bench: Bench) -> None:
    """And the command that has them is named."""
    change(bench, FAILED, status={"phase": "Failed", "message": "child failed", "offloadNodeStatusVersion": "fnv:1"})

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert ([("steps", f"argo get -n argo {FAILED}")]) == [(gap.source, gap.how) for gap in inspection.gaps]
    assert inspection.answer.endswith(": child failed.")


def test_what_is_left_of_a_deleted_one_is_shown(world: World, bench: Bench) -> None:
    """Whose it was, and the playbook it came to."""
    inspection = check_inspection(world, bench, NAME, name=GONE)

    assert inspection.answer.startswith(f"Argo has deleted {GONE}; its saved logs of 2026-01-14_140100 are there")
    assert inspection.answer.endswith("of joetest, and came to 10_setup_network_svcs.")


def test_one_that_nobody_has_is_not_found(world: World, bench: Bench) -> None:
    """With names that are alike."""
    with pytest.raises(TargetNotFound) as caught:
        check_inspection(world, bench, NAME, name="ansible-deploy-7w2kp")
    assert "ansible-deploy-7w2kq" in caught.value.why


def test_a_cluster_that_is_down_leaves_the_saved_logs(world: World, bench: Bench) -> None:
    """It is not said that Argo deleted anything."""
    store.fail(cluster_state(bench.practice), 503)

    inspection = check_inspection(world, bench, NAME, name=FAILED)

    assert inspection.answer.startswith(
        f"What Argo knows of {FAILED} is not known; its saved logs of 2026-01-15_045500"
    )
    assert {"argo", "pods"} == {gap.source for gap in inspection.gaps}
    with pytest.raises(NotConnected, match="HTTP 503"):
        check_inspection(world, bench, NAME, name="ansible-deploy-nope")


def test_without_the_logs_nothing_but_them_is_missing(world: World, bench: Bench) -> None:
    """Nobody needs them for a workflow that is there."""
    world.endpoints = world.endpoints.__class__(**{**vars(world.endpoints), "log_dir": None})
    assert ["logs"] == [gap.source for gap in check_inspection(world, bench, NAME, name=FAILED).gaps]
