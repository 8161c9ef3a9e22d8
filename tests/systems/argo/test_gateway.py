"""Argo's gateway: find and read workflows, submit one once, and raise an error for every failure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hera.workflows.models import Workflow as HerasWorkflow

from runbook_lib.errors import NotConnected, Refused, StalePlan, TargetNotFound, WriteRefused
from runbook_lib.fixture.rows.workflows import FLOWS, NAMESPACE, workflow
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.model import Call, System, SystemId
from runbook_lib.systems.argo import Argo, gateway, kube

if TYPE_CHECKING:
    from tests.systems.argo.conftest import Cluster

INSTANCE = "00000000-0000-0000-0000-000000000000"
OLD = "ansible-deploy-7w2kq"


def resubmit(argo: Argo, new: str = "ansible-deploy-again", old: str = OLD) -> Call:
    """Return the call that resubmits `old`."""
    return Call(SystemId(System.ARGO), new, f"{gateway.RESUBMIT}{old}", before=None, after=argo.planned(argo.find(old)))


def inverse_of(call: Call) -> Call:
    """Return a call's inverse."""
    inverse = call.inverse()
    assert inverse is not None
    return inverse


def test_workflow_is_read(argo: Argo) -> None:
    """It has its phase, times with offsets, labels, parameters and failed steps."""
    flow = argo.find(OLD)

    assert ("Failed", True, INSTANCE) == (flow.phase, flow.is_finished, flow.instance_id)
    assert datetime(2026, 1, 15, 11, 49, tzinfo=UTC) == flow.created
    assert datetime(2026, 1, 15, 11, 55, tzinfo=UTC) == flow.finished
    assert {"server-ip": "192.0.2.10", "user": "joetest"}.items() <= flow.parameters.items()
    assert ("05-setup-packages",) == flow.failed_steps
    assert f"child '{OLD}-1' failed" == flow.message


@pytest.mark.parametrize("name", ["nope", "", "..", "../pods", "a/b", "A", "a?limit=1", "x" * 300])
def test_missing_workflow_returns_none(argo: Argo, name: str) -> None:
    """The gateway sends no request for an invalid name."""
    assert argo.workflow(name) is None


def test_workflows_are_found_by_label(argo: Argo) -> None:
    """It accepts one or several labels, returns the oldest first, and without labels returns all."""
    assert [OLD] == [flow.name for flow in argo.workflows(instance_uuid=INSTANCE)]
    assert [] == argo.workflows(instance_uuid=INSTANCE, username="zoe")
    assert len(FLOWS) == len(argo.workflows())
    assert sorted(flow.created for flow in argo.workflows()) == [flow.created for flow in argo.workflows()]


@pytest.mark.parametrize("value", ["user.name@example.org", "a+b", "zoë", "x,y in (z)", "x" * 64])
def test_invalid_label_value_matches_nothing(argo: Argo, value: str) -> None:
    """It is not sent: Kubernetes would reject or misread it."""
    assert [] == argo.workflows(username=value)


def test_workflows_of_a_username_that_is_not_a_label_are_found(argo: Argo) -> None:
    """The workflow's parameter can hold any username."""
    assert ["ansible-deploy-p9ldt"] == [flow.name for flow in argo.of_user("user.name@example.org")]


@pytest.mark.parametrize(
    ("instance_id", "server_ip", "names"),
    [
        (INSTANCE, "", ["7w2kq"]),
        ("", "2001:db8::10", ["k7hcj"]),
        (INSTANCE, "2001:db8::10", ["k7hcj", "7w2kq"]),
        ("", "", []),
    ],
)
def test_workflows_of_an_instance_are_found_with_and_without_labels(
    argo: Argo, instance_id: str, server_ip: str, names: list[str]
) -> None:
    """The address finds workflows without a label, and none that the label assigns to another instance."""
    matches = argo.of_instance(instance_id, server_ip=server_ip)
    assert names == [flow.name.rpartition("-")[2] for flow in matches]


def test_long_list_is_read_page_by_page(argo: Argo, monkeypatch: pytest.MonkeyPatch) -> None:
    """No workflow is missing or duplicate."""
    monkeypatch.setattr(kube, "PAGE", 5)
    assert sorted(flow.name for flow in FLOWS) == sorted(flow.name for flow in argo.workflows())


def test_pods_and_their_logs_are_read(argo: Argo) -> None:
    """They come in the order of the steps, and the number of lines can be limited; a missing pod is reported."""
    first, last = argo.pods(OLD)
    assert f"{OLD}[1].05-setup-packages" == last.node
    assert ("Succeeded", "Failed") == (first.phase, last.phase)
    assert "Failed to lock apt" in argo.log(last.name)
    assert ["192.0.2.10 : ok=1 changed=0 unreachable=0 failed=1"] == argo.log(last.name, lines=1).splitlines()
    for missing in ("nope", "../x"):
        with pytest.raises(TargetNotFound, match="there is no pod"):
            argo.log(missing)


def test_resubmission_is_made_once_and_undone(cluster: Cluster, argo: Argo) -> None:
    """The same call twice makes one workflow; the inverse call twice deletes it."""
    call = resubmit(argo)
    before = kubernetes_store.dump(cluster.state)
    for _ in range(2):
        argo.perform(call)
        assert call.after == argo.current(call)
    assert len(before) + 1 == len(kubernetes_store.dump(cluster.state))
    for _ in range(2):
        argo.perform(inverse_of(call))
    assert before == kubernetes_store.dump(cluster.state)


def test_workflow_under_deletion_counts_as_absent(cluster: Cluster, argo: Argo) -> None:
    """A finalizer can keep it for a while."""
    call = resubmit(argo)
    argo.perform(call)
    body = kubernetes_store.read(cluster.state, "workflows", NAMESPACE, call.target)
    assert body is not None
    body["metadata"]["deletionTimestamp"] = "2026-01-15T12:00:00Z"
    kubernetes_store.put(cluster.state, "workflows", body)

    assert argo.current(call) is None


def test_another_workflow_with_the_name_is_stale(argo: Argo) -> None:
    """The gateway does not replace it, accept it as the resubmission, or delete it."""
    resubmission = resubmit(argo, new="ansible-deploy-m2gsk")
    for call in (resubmission, inverse_of(resubmission)):
        with pytest.raises(StalePlan):
            argo.perform(call)
    assert "Succeeded" == argo.find("ansible-deploy-m2gsk").phase


def test_write_without_permission_is_refused(cluster: Cluster) -> None:
    """The gateway checks `may_write` before every write."""
    argo = cluster.argo(may_write=lambda: False)
    with pytest.raises(WriteRefused, match="argo is only read"):
        argo.perform(resubmit(argo))
    argo.close()


@pytest.mark.parametrize("account", ["reader", "nobody"])
def test_account_without_the_permission_is_refused(cluster: Cluster, account: str) -> None:
    """The error has Kubernetes' message and the command that checks the permission."""
    call, argo = resubmit(cluster.argo()), cluster.argo(account)
    with pytest.raises(Refused, match=f'HTTP 403: .*User "{account}" cannot') as refusal:
        argo.perform(call)
    assert "kubectl auth can-i" in refusal.value.next_step
    argo.close()


@pytest.mark.parametrize(
    ("account", "text"),
    [
        ("operator", "may list workflows, get workflows, create workflows, delete workflows, list pods, get log"),
        ("reader", "get log; may not create workflows, delete workflows"),
        ("nobody", "may do nothing; may not list workflows"),
    ],
)
def test_summary_shows_the_permissions_of_the_account(cluster: Cluster, account: str, text: str) -> None:
    """It also shows the version of Kubernetes and the namespace."""
    argo = cluster.argo(account)
    assert text in f"may {argo.summary().permissions}"
    assert ("Kubernetes v1.20.2-fixture", "argo") == argo.summary()[:2]
    argo.close()


@pytest.mark.parametrize("status", [500, 503])
def test_server_error_is_not_connected(cluster: Cluster, argo: Argo, status: int) -> None:
    """The error has the HTTP status."""
    kubernetes_store.fail(cluster.state, status)
    for ask in (lambda: argo.find(OLD), argo.workflows, lambda: argo.pods(OLD), lambda: argo.log("a-pod")):
        with pytest.raises(NotConnected, match=f"HTTP {status}"):
            ask()


def test_every_workflow_of_the_fixture_is_valid_by_argos_own_models() -> None:
    """Hera generates its models from Argo's."""
    for flow in FLOWS:
        HerasWorkflow.model_validate(workflow(flow))
