"""The stand-in cluster answers the real ``kubectl`` what it answers the gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.systems.argo.workflow import resubmission

if TYPE_CHECKING:
    from runbook_lib.systems.argo import Argo
    from tests.argo.conftest import Cluster

KUBECTL = Path(sys.executable).parent / "kubectl"
WORKFLOWS = "workflows.argoproj.io"
INSTANCE = "00000000-0000-0000-0000-000000000000"


def kubectl(cluster: Cluster, *words: str, account: str = "operator", sent: Any = None) -> tuple[int, str, str]:
    """Run kubectl as one account in a home of its own; return exit code, output and errors."""
    config = cluster.server.kubeconfig(cluster.folder, account)
    environment = {**os.environ, "HOME": str(cluster.folder), "KUBECONFIG": str(config)}
    done = subprocess.run(
        [str(KUBECTL), *words],
        env=environment,
        input=json.dumps(sent) if sent is not None else None,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        (f"instance_uuid={INSTANCE}", {"7w2kq"}),
        (f"instance_uuid=={INSTANCE}", {"7w2kq"}),
        (f"instance_uuid={INSTANCE},username!=joetest", set()),
        (f"username in (joetest,zoe),instance_uuid={INSTANCE}", {"7w2kq"}),
        ("workflows.argoproj.io/phase in (Running)", {"v9dmx"}),
        ("username!=joetest", {"k7hcj", "z2fqm", "p9ldt"}),
        ("!username", {"k7hcj", "z2fqm", "p9ldt"}),
        ("!instance_uuid,workflows.argoproj.io/phase=Running", set()),
    ],
)
def test_kubectl_lists_by_labels(cluster: Cluster, argo: Argo, selector: str, names: set[str]) -> None:
    """Equal, unequal and one of several; an object without the label is unequal."""
    code, out, err = kubectl(cluster, "get", WORKFLOWS, "-l", selector, "-o", "name")

    found = {line.rpartition("-")[2] for line in out.splitlines()}
    assert (0, "", names) == (code, err.replace("No resources found in argo namespace.\n", ""), found)
    assert names <= {one.name.rpartition("-")[2] for one in argo.workflows()}


def test_kubectl_gets_what_the_gateway_gets(cluster: Cluster, argo: Argo) -> None:
    """The same object, to the last field."""
    code, out, _ = kubectl(cluster, "get", WORKFLOWS, "ansible-deploy-7w2kq", "-o", "json")

    assert (0, argo.find("ansible-deploy-7w2kq").body) == (code, json.loads(out))


def test_kubectl_shows_the_log_of_a_pod(cluster: Cluster, argo: Argo) -> None:
    """Of the container main, as the guide has it."""
    pod = argo.pods("ansible-deploy-7w2kq")[-1].name
    code, out, _ = kubectl(cluster, "logs", pod, "-c", "main")

    assert (0, argo.log(pod)) == (code, out)
    assert "Failed to lock apt" in out


@pytest.mark.parametrize("since", ["", "2026-01-15T11:49:31Z", "2026-01-15T11:59:59Z"])
def test_kubectl_shows_the_moments_of_a_log(cluster: Cluster, argo: Argo, since: str) -> None:
    """The same lines, each with the same moment, of then or later."""
    pod = argo.pods("ansible-deploy-7w2kq")[-1].name
    code, out, _ = kubectl(
        cluster, "logs", pod, "-c", "main", "--timestamps", *([f"--since-time={since}"] * bool(since))
    )

    shown = [f"{line.stamp} {line.text}" for line in argo.lines(pod, since=since)]
    assert (0, shown) == (code, out.splitlines())
    assert all(since[:19] <= line.stamp[:19] for line in argo.lines(pod, since=since))


def test_kubectl_is_told_that_a_pod_has_not_started(cluster: Cluster, argo: Argo) -> None:
    """The gateway takes it for a log without lines; the words are Kubernetes' own."""
    pod = argo.pods("ansible-deploy-7w2kq")[-1].name
    body = kubernetes_store.read(cluster.state, "pods", "argo", pod)
    assert body is not None
    kubernetes_store.put(cluster.state, "pods", body | {"status": {"phase": "Pending"}})

    code, _, err = kubectl(cluster, "logs", pod, "-c", "main")

    assert (1, True) == (code, "is waiting to start" in err)
    assert () == argo.lines(pod)


def test_kubectl_creates_what_the_gateway_would_send(cluster: Cluster, argo: Argo) -> None:
    """The same body, and then the gateway finds it; a second time it exists already; and it is deleted."""
    body = resubmission(argo.find("ansible-deploy-7w2kq"), "ansible-deploy-by-hand")

    code, out, err = kubectl(cluster, "create", "--validate=false", "-f", "-", sent=body)
    assert (0, "") == (code, err)
    assert "ansible-deploy-by-hand created" in out
    assert body["spec"] == argo.find("ansible-deploy-by-hand").body["spec"]

    code, _, err = kubectl(cluster, "create", "--validate=false", "-f", "-", sent=body)
    assert (1, True) == (code, "(AlreadyExists)" in err)

    code, out, err = kubectl(cluster, "delete", WORKFLOWS, "ansible-deploy-by-hand", "--wait=false")
    assert (0, "") == (code, err)
    assert argo.workflow("ansible-deploy-by-hand") is None


@pytest.mark.parametrize(
    ("account", "words", "text"),
    [
        ("operator", ("get", WORKFLOWS, "nope"), "Error from server (NotFound)"),
        ("nobody", ("get", WORKFLOWS), "Error from server (Forbidden)"),
        ("reader", ("delete", WORKFLOWS, "ansible-deploy-7w2kq"), 'User "reader" cannot delete resource "workflows"'),
        ("reader", ("get", WORKFLOWS, "-l", "username notin (joetest)"), "the stand-in does not model the selector"),
    ],
)
def test_kubectl_understands_the_errors(cluster: Cluster, account: str, words: tuple[str, ...], text: str) -> None:
    """They are `Status` objects, and nothing was changed."""
    before = kubernetes_store.dump(cluster.state)

    code, _, err = kubectl(cluster, *words, account=account)

    assert (1, True) == (code, text in err)
    assert before == kubernetes_store.dump(cluster.state)


def test_kubectl_is_not_let_in_with_another_token(cluster: Cluster) -> None:
    """HTTP 401 as kubectl knows it."""
    cluster.server.tokens["operator"] = "another"
    config = cluster.server.kubeconfig(cluster.folder)
    cluster.server.tokens["operator"] = "the right one"
    config.chmod(0o400)
    environment = {**os.environ, "HOME": str(cluster.folder), "KUBECONFIG": str(config)}
    command = [str(KUBECTL), "get", WORKFLOWS]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    assert (1, True) == (done.returncode, "provide credentials" in done.stderr)


@pytest.mark.parametrize(("account", "allowed"), [("operator", True), ("reader", False)])
def test_kubectl_asks_what_it_may_do(cluster: Cluster, account: str, allowed: bool) -> None:  # noqa: FBT001
    """The question that the doctor asks too; ``kubectl auth can-i`` would send it in another form than JSON."""
    resource = {"namespace": "argo", "verb": "create", "group": "argoproj.io", "resource": "workflows"}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": resource},
    }
    command = ("create", "--validate=false", "-f", "-", "-o", "json")
    _, out, _ = kubectl(cluster, *command, account=account, sent=body)

    assert allowed is json.loads(out)["status"]["allowed"]
