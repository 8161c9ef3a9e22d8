"""The finding of Argo: not configured, the account's rights, or the problem."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib import doctor
from runbook_lib.fixture.folder import cluster_state
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def argo_finding(world: World, bench: Bench) -> doctor.Finding:
    """Return the finding for Argo."""
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "argo")


def test_finding_has_the_rights_of_the_account(world: World, bench: Bench) -> None:
    """The finding has the version, the namespace and every right that a procedure requires."""
    rights = "list workflows, get workflows, create workflows, delete workflows, list pods, get log"
    what = f"{world.endpoints.argo_url}, namespace argo"

    assert doctor.Finding("argo", "ok", "Kubernetes v1.20.2-fixture", rights, what) == argo_finding(world, bench)


def test_unconfigured_argo_is_not_a_problem(world: World, bench: Bench) -> None:
    """The finding names the variable."""
    world.endpoints = dataclasses.replace(world.endpoints, argo_url="")

    finding = argo_finding(world, bench)
    assert ("not configured", "set RUNBOOK_ARGO_URL to use it") == (finding.state, finding.next_step)


def test_account_of_another_cluster_is_a_problem(world: World, bench: Bench) -> None:
    """The account's credentials are not sent to the configured cluster."""
    world.endpoints = dataclasses.replace(world.endpoints, argo_url="https://elsewhere.example.org")

    finding = argo_finding(world, bench)

    assert ("refused", True) == (finding.state, "kubeconfig has no context for" in finding.what)


def test_examination_of_argo_changes_nothing(world: World, bench: Bench) -> None:
    """A review of rights is a POST request that writes nothing."""
    before = kubernetes_store.dump(cluster_state(bench.practice))
    argo_finding(world, bench)

    assert before == kubernetes_store.dump(cluster_state(bench.practice))
