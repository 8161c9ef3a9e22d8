"""The steps of a workflow: tries, frames, packed ones, ones kept elsewhere, and nonsense."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from runbook_lib.systems.argo import steps
from runbook_lib.systems.argo.workflow import from_json

if TYPE_CHECKING:
    from runbook_lib.systems.argo import Argo


def node(title: str, phase: str, minute: int, kind: str = "Pod", **more: Any) -> dict[str, Any]:
    """Return a node as Argo's controller writes it."""
    begun = f"2026-01-15T11:{minute:02d}:00Z"
    return {"name": f"w[0].{title}", "displayName": title, "type": kind, "phase": phase, "startedAt": begun, **more}


def status(*found: dict[str, Any]) -> dict[str, Any]:
    """Return the status with these nodes."""
    return {"nodes": {f"w-{number}": one for number, one in enumerate(found)}}


def packed(data: bytes) -> str:
    """Return what Argo makes of a long status."""
    return base64.b64encode(gzip.compress(data)).decode()


def test_a_step_that_did_it_at_the_second_try_has_not_failed() -> None:
    """Only one whose last try failed has."""
    found = steps.steps(
        status(
            node("00-setup-ssh", "Succeeded", 10, kind="Retry"),
            node("00-setup-ssh(1)", "Succeeded", 12),
            node("00-setup-ssh(0)", "Failed", 11),
            node("05-setup-packages(2)", "Failed", 15),
            node("05-setup-packages(0)", "Failed", 13),
            node("05-setup-packages(10)", "Error", 16, message="Error (exit code 2)"),
        )
    )
    assert ["00-setup-ssh(0)", "00-setup-ssh(1)", "05-setup-packages(0)"] == [one.title for one in found[:3]]
    assert ["05-setup-packages(10)"] == [one.title for one in steps.failed(found)]
    assert "Error (exit code 2)" == steps.failed(found)[0].message


def test_what_only_holds_steps_is_none() -> None:
    """Nor is there a step before anything was begun."""
    frames = [node(kind, "Failed", 1, kind=kind) for kind in ("Steps", "StepGroup", "DAG", "TaskGroup", "Retry")]
    assert () == steps.steps(status(*frames))
    assert () == steps.steps({})


def test_a_step_tells_its_playbook_and_its_moments() -> None:
    """One that has not begun comes last."""
    inputs = {"parameters": [{"name": "other", "value": "x"}, {"name": "playbook", "value": "00_setup_ssh.yml"}]}
    waiting = {"name": "w[1].later", "displayName": "later", "type": "Skipped", "startedAt": None}
    later, done = (
        steps.steps(status(waiting, node("a", "Succeeded", 3, inputs=inputs, finishedAt="2026-01-15T11:04:00Z")))[i]
        for i in (1, 0)
    )
    assert ("00_setup_ssh.yml", datetime(2026, 1, 15, 11, 4, tzinfo=UTC)) == (done.playbook, done.finished)
    assert ("later", "Pending", None, "") == (later.title, later.phase, later.started, later.playbook)


def test_packed_steps_are_unpacked() -> None:
    """Argo packs a status of more than a megabyte."""
    plain = status(node("a", "Failed", 1))
    assert steps.steps(plain) == steps.steps({"compressedNodes": packed(json.dumps(plain["nodes"]).encode())})


@pytest.mark.parametrize(
    "found",
    [
        {"nodes": [1]},
        {"nodes": {"a": 1}},
        {"compressedNodes": "nonsense"},
        {"compressedNodes": base64.b64encode(b"nonsense").decode()},
        {"compressedNodes": packed(b"nonsense")},
        {"compressedNodes": packed(b"[1]")},
        {"compressedNodes": base64.b64encode(gzip.compress(b'{"a": {}}')[:-9]).decode()},
        {"compressedNodes": packed(b" " * 60_000_000)},
    ],
)
def test_nonsense_is_no_workflow(found: dict[str, Any]) -> None:
    """A small text that would unpack to a huge one is not unpacked."""
    meta = {"name": "w", "uid": "u", "creationTimestamp": "2026-01-15T11:00:00Z"}
    with pytest.raises(ValueError):  # noqa: PT011 - json's own is one, with words of its own
        from_json({"metadata": meta, "spec": {}, "status": found})


def test_steps_that_are_kept_elsewhere_are_told() -> None:
    """Argo can keep them in a database of its own."""
    assert steps.kept_elsewhere({"offloadNodeStatusVersion": "fnv:1"})
    assert not steps.kept_elsewhere({"offloadNodeStatusVersion": "fnv:1", **status(node("a", "Failed", 1))})
    assert not steps.kept_elsewhere({})


def test_the_fixtures_workflow_has_its_steps(argo: Argo) -> None:
    """The one that failed at its second playbook."""
    found = argo.find("ansible-deploy-7w2kq")
    assert [("00-setup-ssh", "Succeeded"), ("05-setup-packages", "Failed")] == [(s.title, s.phase) for s in found.steps]
    assert not found.has_steps_elsewhere
    assert found.started == found.created
