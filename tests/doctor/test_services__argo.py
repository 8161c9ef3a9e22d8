"""The doctor tells of Argo: not configured, what the account may do there, or what is wrong."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib import doctor
from runbook_lib.fixture.folder import cluster_state
from runbook_lib.fixture.stand_ins.kubernetes import store as kubernetes_store

if TYPE_CHECKING:
    from runbook_lib.world.world import World
    from tests.conftest import Bench


def found(world: World, bench: Bench) -> doctor.Finding:
    """Return the finding for Argo."""
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "argo")


def test_what_the_account_may_do(world: World, bench: Bench) -> None:
    """The version, the namespace and every right that a procedure needs."""
    rights = "list workflows, get workflows, create workflows, delete workflows, list pods, get log"
    what = f"{world.endpoints.argo_url}, namespace argo"

    assert doctor.Finding("argo", "ok", "Kubernetes v1.20.2-fixture", rights, what) == found(world, bench)


def test_not_configured_is_no_problem(world: World, bench: Bench) -> None:
    """The variable is named."""
    world.endpoints = dataclasses.replace(world.endpoints, argo_url="")

    finding = found(world, bench)
    assert ("not configured", "set RUNBOOK_ARGO_URL to use it") == (finding.state, finding.next_step)


def test_an_account_for_another_cluster_is_a_problem(world: World, bench: Bench) -> None:
    """It is not sent there."""
    world.endpoints = dataclasses.replace(world.endpoints, argo_url="https://elsewhere.example.org")

    finding = found(world, bench)

    assert ("refused", True) == (finding.state, "kubeconfig has no context for" in finding.what)


def test_asking_changes_nothing(world: World, bench: Bench) -> None:
    """Asking for rights is a POST, and writes nothing."""
    before = kubernetes_store.dump(cluster_state(bench.practice))
    found(world, bench)

    assert before == kubernetes_store.dump(cluster_state(bench.practice))
