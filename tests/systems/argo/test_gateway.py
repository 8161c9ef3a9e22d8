"""What procedures rely on in Argo's gateway: finding, reading, submitting once, and an error for every way to fail."""

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
    """Return the call that submits `old` again."""
    return Call(SystemId(System.ARGO), new, f"{gateway.RESUBMIT}{old}", before=None, after=argo.planned(argo.find(old)))


def taken_back(call: Call) -> Call:
    """Return a call's inverse."""
    inverse = call.inverse()
    assert inverse is not None
    return inverse


def test_a_workflow_is_read(argo: Argo) -> None:
    """Its phase, its times with their offset, its labels, its parameters, and which steps failed."""
    found = argo.find(OLD)

    assert ("Failed", True, INSTANCE) == (found.phase, found.is_finished, found.instance_id)
    assert datetime(2026, 1, 15, 11, 49, tzinfo=UTC) == found.created
    assert datetime(2026, 1, 15, 11, 55, tzinfo=UTC) == found.finished
    assert {"server-ip": "192.0.2.10", "user": "joetest"}.items() <= found.parameters.items()
    assert ("05-setup-packages",) == found.failed_steps
    assert f"child '{OLD}-1' failed" == found.message


@pytest.mark.parametrize("name", ["nope", "", "..", "../pods", "a/b", "A", "a?limit=1", "x" * 300])
def test_what_is_not_there_is_none(argo: Argo, name: str) -> None:
    """A name that no object can have is never asked for."""
    assert argo.workflow(name) is None


def test_workflows_are_found_by_label(argo: Argo) -> None:
    """By one or several, oldest first; without any, all."""
    assert [OLD] == [one.name for one in argo.workflows(instance_uuid=INSTANCE)]
    assert [] == argo.workflows(instance_uuid=INSTANCE, username="zoe")
    assert len(FLOWS) == len(argo.workflows())
    assert sorted(one.created for one in argo.workflows()) == [one.created for one in argo.workflows()]


@pytest.mark.parametrize("value", ["user.name@example.org", "a+b", "zoë", "x,y in (z)", "x" * 64])
def test_a_value_that_is_no_label_is_on_nothing(argo: Argo, value: str) -> None:
    """It is not sent: Kubernetes would refuse it, or read something else in it."""
    assert [] == argo.workflows(username=value)


def test_a_users_workflows_are_found_whatever_the_name(argo: Argo) -> None:
    """The parameter takes every name."""
    assert ["ansible-deploy-p9ldt"] == [one.name for one in argo.of_user("user.name@example.org")]


@pytest.mark.parametrize(
    ("instance_id", "server_ip", "names"),
    [
        (INSTANCE, "", ["7w2kq"]),
        ("", "2001:db8::10", ["k7hcj"]),
        (INSTANCE, "2001:db8::10", ["k7hcj", "7w2kq"]),
        ("", "", []),
    ],
)
def test_an_instances_workflows_are_found_with_and_without_labels(
    argo: Argo, instance_id: str, server_ip: str, names: list[str]
) -> None:
    """The address finds those without a label; of another instance with a label it finds none."""
    found = argo.of_instance(instance_id, server_ip=server_ip)
    assert names == [one.name.rpartition("-")[2] for one in found]


def test_long_lists_come_page_by_page(argo: Argo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost or doubled."""
    monkeypatch.setattr(kube, "PAGE", 5)
    assert sorted(flow.name for flow in FLOWS) == sorted(one.name for one in argo.workflows())


def test_pods_and_their_logs_are_read(argo: Argo) -> None:
    """In the order of the steps; the last lines only, if so wished; one that is gone is named."""
    first, last = argo.pods(OLD)
    assert f"{OLD}[1].05-setup-packages" == last.node
    assert ("Succeeded", "Failed") == (first.phase, last.phase)
    assert "Failed to lock apt" in argo.log(last.name)
    assert ["192.0.2.10 : ok=1 changed=0 unreachable=0 failed=1"] == argo.log(last.name, lines=1).splitlines()
    for gone in ("nope", "../x"):
        with pytest.raises(TargetNotFound, match="there is no pod"):
            argo.log(gone)


def test_a_resubmission_is_made_once_and_taken_back(cluster: Cluster, argo: Argo) -> None:
    """The same call twice is one workflow; so is its inverse."""
    call = resubmit(argo)
    before = kubernetes_store.dump(cluster.state)
    for _ in range(2):
        argo.perform(call)
        assert call.after == argo.current(call)
    assert len(before) + 1 == len(kubernetes_store.dump(cluster.state))
    for _ in range(2):
        argo.perform(taken_back(call))
    assert before == kubernetes_store.dump(cluster.state)


def test_a_workflow_that_is_being_deleted_counts_as_gone(cluster: Cluster, argo: Argo) -> None:
    """A finalizer may keep it for a while."""
    call = resubmit(argo)
    argo.perform(call)
    body = kubernetes_store.read(cluster.state, "workflows", NAMESPACE, call.target)
    assert body is not None
    body["metadata"]["deletionTimestamp"] = "2026-01-15T12:00:00Z"
    kubernetes_store.put(cluster.state, "workflows", body)

    assert argo.current(call) is None


def test_another_workflow_of_that_name_is_stale(argo: Argo) -> None:
    """It is neither replaced nor taken for ours; nor is it deleted."""
    call = resubmit(argo, new="ansible-deploy-m2gsk")
    for one in (call, taken_back(call)):
        with pytest.raises(StalePlan):
            argo.perform(one)
    assert "Succeeded" == argo.find("ansible-deploy-m2gsk").phase


def test_nothing_is_written_while_reading(cluster: Cluster) -> None:
    """Every write asks first."""
    argo = cluster.argo(may_write=lambda: False)
    with pytest.raises(WriteRefused, match="argo is only read"):
        argo.perform(resubmit(argo))
    argo.close()


@pytest.mark.parametrize("account", ["reader", "nobody"])
def test_an_account_without_the_right_is_refused(cluster: Cluster, account: str) -> None:
    """In Kubernetes' words, with the command that tests the right."""
    call, argo = resubmit(cluster.argo()), cluster.argo(account)
    with pytest.raises(Refused, match=f'HTTP 403: .*User "{account}" cannot') as refusal:
        argo.perform(call)
    assert "kubectl auth can-i" in refusal.value.next_step
    argo.close()


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ("operator", "may list workflows, get workflows, create workflows, delete workflows, list pods, get log"),
        ("reader", "get log; may not create workflows, delete workflows"),
        ("nobody", "may do nothing; may not list workflows"),
    ],
)
def test_the_summary_says_what_the_account_may_do(cluster: Cluster, account: str, words: str) -> None:
    """And which Kubernetes it is, and which namespace."""
    argo = cluster.argo(account)
    assert words in f"may {argo.summary().may}"
    assert ("Kubernetes v1.20.2-fixture", "argo") == argo.summary()[:2]
    argo.close()


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_is_not_connected(cluster: Cluster, argo: Argo, status: int) -> None:
    """Nothing is known of it but the number."""
    kubernetes_store.fail(cluster.state, status)
    for ask in (lambda: argo.find(OLD), argo.workflows, lambda: argo.pods(OLD), lambda: argo.log("a-pod")):
        with pytest.raises(NotConnected, match=f"HTTP {status}"):
            ask()


def test_every_workflow_of_the_fixture_is_one_by_argos_own_models() -> None:
    """Hera's models are made from Argo's."""
    for flow in FLOWS:
        HerasWorkflow.model_validate(workflow(flow))
