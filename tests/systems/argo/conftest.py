"""A TLS cluster stand-in that checks bodies with Argo's own models, and gateways for its accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hera.workflows.models import Workflow as HerasWorkflow

from runbook_lib.fixture.stand_ins.kubernetes import rules as kubernetes_rules
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store
from runbook_lib.fixture.stand_ins.kubernetes.server import KubernetesServer, serve
from runbook_lib.systems.argo import Argo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class Cluster:
    """A running stand-in and the folder with its kubeconfigs."""

    server: KubernetesServer
    folder: Path

    @property
    def state(self) -> Path:
        """The state file."""
        return self.server.path

    def argo(self, account: str = "operator", *, may_write: Callable[[], bool] = lambda: True) -> Argo:
        """Return a gateway for one account."""
        return Argo(self.server.url, config_file=self.server.kubeconfig(self.folder, account), may_write=may_write)


def check(body: Any, namespace: str) -> dict[str, Any]:
    """Check a new workflow by the stand-in's rules, and by Argo's own models."""
    checked = kubernetes_rules.check(body, namespace)
    HerasWorkflow.model_validate(checked)
    return checked


@pytest.fixture
def cluster(tmp_path: Path, certificate: Path) -> Iterator[Cluster]:
    """The fixture's workflows, served over TLS like a real cluster."""
    state = tmp_path / "kubernetes.sqlite3"
    kubernetes_store.seed(state)
    with serve(state, certificate=certificate, check=check) as server:
        yield Cluster(server, tmp_path)


@pytest.fixture
def argo(cluster: Cluster) -> Iterator[Argo]:
    """The gateway as the account with all permissions."""
    opened = cluster.argo()
    yield opened
    opened.close()
