"""Resubmitting a workflow: refusals, the instance's address and owner, and the content of the new workflow."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest
from hera.workflows.models import Workflow as HerasWorkflow

from runbook_lib import engine, procedures
from runbook_lib.errors import NotConnected, OutcomeUnknown, Refused, StalePlan, TargetNotFound
from runbook_lib.fixture.folder import cluster_state
from runbook_lib.fixture.rows.workflows import NAMESPACE
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.systems.db.models.atmosphere.models import Instance
from tests.checks import (
    apply,
    check_nothing_to_do,
    check_plans,
    check_refuses,
    check_round_trip,
    everything,
    plan,
    undo_plan,
)

if TYPE_CHECKING:
    from pathlib import Path

    from runbook_lib.world.world import World
    from tests.conftest import Bench

NAME = "resubmit_workflow"
FAILED = "ansible-deploy-7w2kq"
NEW = "ansible-deploy-86wrz"


def cluster(bench: Bench) -> Path:
    """Return the state of the fake cluster."""
    return cluster_state(bench.practice)


def workflow(bench: Bench, name: str) -> dict[str, Any]:
    """Return an existing workflow."""
    body = kubernetes_store.read(cluster(bench), "workflows", NAMESPACE, name)
    assert body is not None
    return body


def finish(bench: Bench, name: str, phase: str) -> None:
    """End a workflow."""
    body = workflow(bench, name)
    body["status"] = {"phase": phase, "finishedAt": "2026-01-15T12:30:00Z"}
    kubernetes_store.put(cluster(bench), "workflows", body)


@pytest.mark.parametrize("name", ["ansible-deploy-nope", "../secrets", "ANSIBLE-DEPLOY-7W2KQ", "a?watch=true"])
def test_unknown_name_is_not_found(world: World, bench: Bench, name: str) -> None:
    """A name that no object could have is not sent to the cluster."""
    check_refuses(world, bench, NAME, TargetNotFound, f"there is no workflow {name} in namespace argo", name=name)


def test_similar_name_is_suggested(world: World, bench: Bench) -> None:
    """One letter was misread."""
    error = check_refuses(world, bench, NAME, TargetNotFound, f"did you mean {FAILED}", name="ansible-deploy-7w2kg")
    assert "argo list -n argo" in error.next_step


@pytest.mark.parametrize(
    ("name", "state"), [("v9dmx", "it is Running"), ("w5sgb", "it is not yet processed by Argo's controller")]
)
def test_running_workflow_is_refused(world: World, bench: Bench, name: str, state: str) -> None:
    """Two would run the same playbooks at the same time; a workflow that has not started can still start."""
    error = check_refuses(world, bench, NAME, Refused, state, name=f"ansible-deploy-{name}")
    assert f"argo terminate -n argo ansible-deploy-{name}" in error.next_step


def test_another_running_workflow_of_the_instance_is_refused(world: World, bench: Bench) -> None:
    """The label identifies it; the refusal names it with its start."""
    text = "has not ended: ansible-deploy-v9dmx (Running, since 2026-01-15 11:20 UTC)"
    check_refuses(world, bench, NAME, Refused, text, name="ansible-deploy-c4tzn")


def test_beside_running_overrides_the_refusal(world: World) -> None:
    """The plan has a warning instead."""
    planned = plan(world, NAME, name="ansible-deploy-c4tzn", beside_running=True)

    assert "ansible-deploy-v9dmx of the same instance is Running: two work on it at once" in planned.warnings


def test_workflows_without_labels_are_compared_by_address(world: World, bench: Bench) -> None:
    """Releases before v37-3 set no labels: another workflow with the same server-ip has not ended."""
    running = workflow(bench, "ansible-deploy-k7hcj") | {"status": {"phase": "Running"}}
    running["metadata"] = running["metadata"] | {"name": "ansible-deploy-older", "uid": "another"}
    kubernetes_store.put(cluster(bench), "workflows", running)

    check_refuses(world, bench, NAME, Refused, "ansible-deploy-older (Running", name="ansible-deploy-k7hcj")


@pytest.mark.both_databases
def test_workflow_without_labels_gets_a_warning(world: World) -> None:
    """The plan shows how it searched for others."""
    planned = plan(world, NAME, name="ansible-deploy-k7hcj")

    assert any("by the parameter server-ip" in warning for warning in planned.warnings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t6xvd", "(terminated, of joetest) ended on 2026-01-09"),
        ("b4wnz", "deploys to 192.0.2.77 for joetest, and instance"),
        ("z2fqm", "no live instance of joetest has the address 192.0.2.99"),
        ("p9ldt", "no live instance of user.name@example.org has the address 192.0.2.98"),
    ],
)
def test_address_of_another_instance_is_refused(world: World, bench: Bench, name: str, text: str) -> None:
    """The instance ended, moved, or is unknown: the playbooks would work on another machine."""
    check_refuses(world, bench, NAME, Refused, text, name=f"ansible-deploy-{name}")


def test_another_owner_is_refused(world: World, bench: Bench) -> None:
    """The playbooks would create a user's account on another user's instance."""
    body = workflow(bench, FAILED)
    body["spec"]["arguments"]["parameters"][1]["value"] = "zoë"
    kubernetes_store.put(cluster(bench), "workflows", body)

    check_refuses(world, bench, NAME, Refused, "deploys to 192.0.2.10 for zoë", name=FAILED)


def test_instance_without_an_address_is_refused(world: World, bench: Bench) -> None:
    """It lost its address since."""
    Instance.objects.filter(name="argo-example").update(ip_address=None)

    check_refuses(world, bench, NAME, Refused, "has the address (none)", name=FAILED)


def test_workflow_without_parameters_is_refused(world: World, bench: Bench) -> None:
    """Its target is unknown."""
    body = workflow(bench, "ansible-deploy-k7hcj")
    del body["spec"]["arguments"]
    kubernetes_store.put(cluster(bench), "workflows", body)

    check_refuses(world, bench, NAME, Refused, "has the address (none)", name="ansible-deploy-k7hcj")


@pytest.mark.both_databases
def test_resubmitted_workflow_needs_no_change(world: World, bench: Bench) -> None:
    """A second run, or a second operator, submits no second workflow."""
    apply(world, bench, plan(world, NAME, name=FAILED))

    check_nothing_to_do(
        world,
        NAME,
        name=FAILED,
        because=f"workflow {FAILED} was already resubmitted: {NEW} is not yet processed by Argo's controller",
    )


@pytest.mark.both_databases
def test_failed_resubmission_can_be_repeated(world: World, bench: Bench) -> None:
    """The next workflow gets another name."""
    apply(world, bench, plan(world, NAME, name=FAILED))
    finish(bench, NEW, "Failed")

    planned = plan(world, NAME, name=FAILED)
    assert NEW != planned.changes[0].target  # type: ignore[union-attr]
    assert "applied" == apply(world, bench, planned).state


@pytest.mark.both_databases
def test_two_resubmissions_at_once_submit_one_workflow(world: World, bench: Bench) -> None:
    """Both planned the same name: the second apply is refused."""
    first, second = plan(world, NAME, name=FAILED), plan(world, NAME, name=FAILED)
    apply(world, bench, first)

    with pytest.raises(StalePlan, match=NEW):
        apply(world, bench, second)


def test_plan_shows_effects_and_when_to_check(world: World) -> None:
    """One call, and warnings about the machine, the time, the status, the undo and Atmosphere's own retries."""
    after = '{"resubmitted_from": "ansible-deploy-7w2kq", "spec": "127ac7faf1da"}'
    planned = check_plans(world, NAME, [f"call   argo {NEW}  resubmit {FAILED}: null → {after}"], name=FAILED)

    notes = "\n".join(planned.warnings)
    for text in (
        "run again on 192.0.2.10 for joetest, from the first one",
        f"check after 5 minutes: argo get -n argo {NEW}",
        "its timers stay as they are",
        "undo stops the new workflow while it runs",
        "the instance is deploying since 2026-01-15 11:48 UTC",
    ):
        assert text in notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("m2gsk", "workflow ansible-deploy-m2gsk succeeded"),
        ("q8rlf", "ansible-deploy-m2gsk, submitted later for the same instance, succeeded"),
        ("h5bpw", "workflow ansible-deploy-h5bpw was stopped by hand (Terminate); the new one is not"),
    ],
)
def test_unusual_workflow_gets_a_warning(world: World, name: str, text: str) -> None:
    """It is not refused, because a deployment can be repeated."""
    assert text in plan(world, NAME, name=f"ansible-deploy-{name}").warnings


@pytest.mark.both_databases
def test_new_workflow_copies_only_the_spec_and_labels(world: World, bench: Bench) -> None:
    """Also the prefix of its name; no phase, end, status or stop. Argo's models accept it."""
    old = workflow(bench, "ansible-deploy-h5bpw")
    old["metadata"]["annotations"] = {"example.org/ticket": "42"}
    old["metadata"]["labels"]["workflows.argoproj.io/creator"] = "atmosphere"
    kubernetes_store.put(cluster(bench), "workflows", old)

    planned = plan(world, NAME, name="ansible-deploy-h5bpw")
    apply(world, bench, planned)

    new = workflow(bench, planned.changes[0].target)  # type: ignore[union-attr]
    spec = copy.deepcopy(old["spec"])
    del spec["shutdown"]
    meta = new["metadata"]
    assert spec == new["spec"]
    assert "status" not in new
    assert "ansible-deploy-" == meta["generateName"]
    assert {"example.org/ticket": "42"} == meta["annotations"]
    assert old["metadata"]["uid"] != meta["uid"]
    kept = {key: old["metadata"]["labels"][key] for key in ("instance_uuid", "username")}
    assert kept | {"workflows.argoproj.io/resubmitted-from-workflow": "ansible-deploy-h5bpw"} == meta["labels"]
    HerasWorkflow.model_validate(new)


@pytest.mark.both_databases
def test_instance_that_moves_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """It has another address then: nothing is submitted."""
    planned = plan(world, NAME, name=FAILED)
    Instance.objects.filter(name="argo-example").update(ip_address="192.0.2.11")
    before = everything(bench)

    with pytest.raises(StalePlan, match="ip_address"):
        apply(world, bench, planned)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_workflow_changed_after_the_plan_makes_it_stale(world: World, bench: Bench) -> None:
    """The new workflow would differ from the plan."""
    planned = plan(world, NAME, name=FAILED)
    body = workflow(bench, FAILED)
    body["spec"]["entrypoint"] = "playbook"
    kubernetes_store.put(cluster(bench), "workflows", body)

    with pytest.raises(StalePlan, match=FAILED):
        apply(world, bench, planned)
    assert [] == [name for name in kubernetes_store.dump(cluster(bench)) if NEW in name]


@pytest.mark.both_databases
def test_undo_deletes_the_workflow_and_its_pods(world: World, bench: Bench) -> None:
    """While it runs; afterwards everything is as before."""
    check_round_trip(world, bench, NAME, name=FAILED)


@pytest.mark.both_databases
def test_undo_of_an_ended_workflow_is_refused(world: World, bench: Bench) -> None:
    """It stays, with its record, and the refusal gives the reason."""
    outcome = apply(world, bench, plan(world, NAME, name=FAILED))
    finish(bench, NEW, "Succeeded")
    before = everything(bench)

    undo = undo_plan(world, bench, outcome.run_id)
    with pytest.raises(Refused, match=r"has already ended \(Succeeded\) and can't be undone"):
        apply(world, bench, undo)
    assert before == everything(bench)


@pytest.mark.both_databases
def test_undo_of_a_deleted_workflow_is_stale(world: World, bench: Bench) -> None:
    """There is nothing left to undo."""
    outcome = apply(world, bench, plan(world, NAME, name=FAILED))
    kubernetes_store.change(cluster(bench), NAMESPACE, NEW, lambda _before, _version: None)

    undo = undo_plan(world, bench, outcome.run_id)
    with pytest.raises(StalePlan):
        apply(world, bench, undo)


@pytest.mark.both_databases
@pytest.mark.parametrize(("method", "error"), [("GET", NotConnected), ("POST", OutcomeUnknown)])
def test_failing_cluster_leaves_everything_unchanged(
    world: World, bench: Bench, method: str, error: type[Exception]
) -> None:
    """Reading fails before anything is sent; a rejected submission might still take effect, so it is unknown."""
    planned = plan(world, NAME, name=FAILED)
    before = everything(bench)
    kubernetes_store.fail(cluster(bench), 503, methods=(method,))

    with pytest.raises(error, match="HTTP 503"):
        apply(world, bench, planned)
    assert before == everything(bench)

    kubernetes_store.fail(cluster(bench), None)
    assert "applied" == apply(world, bench, planned).state


def test_missing_database_is_a_warning(world: World) -> None:
    """Argo alone can resubmit, but it cannot show who has the address."""
    world.endpoints = dataclasses.replace(world.endpoints, databases={})

    planned = engine.make_plan(procedures.find(NAME), world, {"name": "ansible-deploy-t6xvd", "beside_running": False})

    assert any("it is unknown whether the instance still has this address" in note for note in planned.warnings)
    assert () == planned.expects
