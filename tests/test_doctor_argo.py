"""The doctor tells of Argo: not configured, what the account may do there, or what is wrong."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from runbook_lib import doctor
from runbook_lib.fixture import kubernetes_store, practice

if TYPE_CHECKING:
    from runbook_lib.world import World
    from tests.conftest import Bench


def found(world: World, bench: Bench) -> doctor.Finding:
    """Return the finding for Argo."""
    return next(finding for finding in doctor.examine(world, bench.settings) if finding.system == "argo")


def test_what_the_account_may_do(world: World, bench: Bench) -> None:
    """The version, the namespace and every right that a procedure needs."""
    rights = "list workflows, get workflows, create workflows, delete workflows, list pods, get log"
    detail = f"{world.sites.argo_url}, Kubernetes v1.20.2-fixture, namespace argo, may {rights}"

    assert doctor.Finding("argo", "ok", detail) == found(world, bench)


def test_not_configured_is_no_problem(world: World, bench: Bench) -> None:
    """The variable is named."""
    world.sites = dataclasses.replace(world.sites, argo_url="")

    assert doctor.Finding("argo", "not configured", "set RUNBOOK_ARGO_URL to use it") == found(world, bench)


def test_an_account_for_another_cluster_is_a_problem(world: World, bench: Bench) -> None:
    """It is not sent there."""
    world.sites = dataclasses.replace(world.sites, argo_url="https://elsewhere.example.org")

    finding = found(world, bench)

    assert ("problem", True) == (finding.state, "kubeconfig has no context for" in finding.detail)


def test_asking_changes_nothing(world: World, bench: Bench) -> None:
    """Asking for rights is a POST, and writes nothing."""
    before = kubernetes_store.dump(practice.cluster_state(bench.practice))
    found(world, bench)

    assert before == kubernetes_store.dump(practice.cluster_state(bench.practice))
