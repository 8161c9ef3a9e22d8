"""The stand-in cluster itself: strict about what it does not model, and about what Argo would never run."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.systems.argo.workflow import resubmission

if TYPE_CHECKING:
    from runbook_lib.systems.argo import Argo
    from tests.argo.conftest import Cluster

ROOT = "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows"
OLD = "ansible-deploy-7w2kq"


def ask(cluster: Cluster, method: str, path: str, *, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    """Send one request as the operator, past the gateway; return status and object."""
    context = ssl.create_default_context(cafile=str(cluster.server.certificate))
    connection = http.client.HTTPSConnection("127.0.0.1", cluster.server.port, timeout=5, context=context)
    sent = {"Authorization": f"Bearer {cluster.server.tokens['operator']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body)
    connection.request(method, path, body=data, headers=sent | headers)
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    return answer.status, found


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/apis/apps/v1/namespaces/argo/deployments"),
        ("GET", "/apis/argoproj.io/v1alpha1/workflows"),
        ("GET", f"{ROOT}/{OLD}/status"),
        ("GET", f"{ROOT}/{OLD}/log"),
        ("GET", f"{ROOT}?watch=true"),
        ("GET", f"{ROOT}?fieldSelector=metadata.name%3Dx"),
        ("GET", f"{ROOT}?labelSelector=a+notin+(b)"),
        ("GET", f"{ROOT}?labelSelector=a"),
        ("GET", f"{ROOT}?labelSelector=!a!b"),
        ("GET", f"/api/v1/namespaces/argo/pods/{OLD}-0/log?container=main&sinceTime=yesterday"),
        ("GET", f"{ROOT}/{OLD}?pretty=true"),
        ("POST", f"{ROOT}/{OLD}"),
        ("DELETE", ROOT),
        ("DELETE", f"/api/v1/namespaces/argo/pods/{OLD}-0"),
        ("GET", f"/api/v1/namespaces/argo/workflows/{OLD}"),
        ("GET", f"/api/v1/namespaces/argo/pods/{OLD}-0/log?container=wait"),
        ("GET", f"/api/v1/namespaces/argo/pods/{OLD}-0/log?container=main&follow=true"),
    ],
)
def test_what_is_not_modelled_is_refused(cluster: Cluster, method: str, path: str) -> None:
    """Any other path, query, selector or method is HTTP 501 with a sentence, and changes nothing."""
    before = kubernetes_store.dump(cluster.state)
    status, body = ask(cluster, method, path)
    assert (501, True) == (status, "the stand-in" in body["message"])
    assert before == kubernetes_store.dump(cluster.state)


def test_another_header_is_refused(cluster: Cluster) -> None:
    """Such as one to act as somebody else."""
    assert 501 == ask(cluster, "GET", ROOT, **{"Impersonate-User": "admin"})[0]


@pytest.mark.parametrize(
    ("where", "value", "status"),
    [
        (("kind",), "Pod", 400),
        (("status",), {"phase": "Failed"}, 501),
        (("metadata", "uid"), "x", 501),
        (("metadata", "resourceVersion"), "1", 501),
        (("metadata", "namespace"), "other", 400),
        (("metadata", "name"), "Capital", 422),
        (("metadata", "name"), OLD, 409),
        (("metadata", "labels"), {"username": "user.name@example.org"}, 422),
        (("metadata", "labels"), {"workflows.argoproj.io/completed": "true"}, 501),
        (("spec",), None, 422),
        (("spec", "entrypoint"), "nowhere", 422),
        (("spec", "shutdown"), "Terminate", 501),
        (("spec", "arguments"), {"parameters": [{"name": "server-ip", "value": 1}]}, 422),
    ],
)
def test_a_body_that_argo_would_not_run_is_refused(
    cluster: Cluster, argo: Argo, where: tuple[str, ...], value: Any, status: int
) -> None:
    """What Kubernetes would refuse, and what it would take and Argo would never begin."""
    body = resubmission(argo.find(OLD), "ansible-deploy-again")
    place = body
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    before = kubernetes_store.dump(cluster.state)

    assert status == ask(cluster, "POST", ROOT, body=body)[0]
    assert before == kubernetes_store.dump(cluster.state)


def test_a_name_is_generated_when_none_is_given(cluster: Cluster, argo: Argo) -> None:
    """From the prefix, as Kubernetes does."""
    body = resubmission(argo.find(OLD), "unused")
    del body["metadata"]["name"]
    status, made = ask(cluster, "POST", ROOT, body=body)
    assert (201, True) == (status, made["metadata"]["name"].startswith("ansible-deploy-"))


def test_a_workflow_of_another_uid_is_not_deleted(cluster: Cluster) -> None:
    """The precondition is held, in Kubernetes' words."""
    status, body = ask(cluster, "DELETE", f"{ROOT}/{OLD}", body={"preconditions": {"uid": "another"}})
    assert (409, True) == (status, "the UID in the precondition" in body["message"])


def test_other_namespaces_are_empty(cluster: Cluster) -> None:
    """And nothing can be made there."""
    other = ROOT.replace("/argo/", "/other/")
    assert [] == ask(cluster, "GET", other)[1]["items"]


def test_its_tokens_are_for_the_owner_only(cluster: Cluster) -> None:
    """Kubeconfig is not readable for others."""
    assert 0 == cluster.server.kubeconfig(cluster.folder).stat().st_mode & 0o077
