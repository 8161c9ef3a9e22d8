"""The steps of a workflow: attempts, groups, compressed and offloaded steps, and invalid ones."""

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
    """Return a node in the format of Argo's controller."""
    start = f"2026-01-15T11:{minute:02d}:00Z"
    return {"name": f"w[0].{title}", "displayName": title, "type": kind, "phase": phase, "startedAt": start, **more}


def status(*nodes: dict[str, Any]) -> dict[str, Any]:
    """Return the status with these nodes."""
    return {"nodes": {f"w-{number}": node for number, node in enumerate(nodes)}}


def compressed(data: bytes) -> str:
    """Return `data` in the format of a compressed status."""
    return base64.b64encode(gzip.compress(data)).decode()


def test_step_that_succeeded_at_the_second_attempt_has_not_failed() -> None:
    """Only a step whose last attempt failed counts as failed."""
    attempts = steps.steps(
        status(
            node("00-setup-ssh", "Succeeded", 10, kind="Retry"),
            node("00-setup-ssh(1)", "Succeeded", 12),
            node("00-setup-ssh(0)", "Failed", 11),
            node("05-setup-packages(2)", "Failed", 15),
            node("05-setup-packages(0)", "Failed", 13),
            node("05-setup-packages(10)", "Error", 16, message="Error (exit code 2)"),
        )
    )
    assert ["00-setup-ssh(0)", "00-setup-ssh(1)", "05-setup-packages(0)"] == [step.title for step in attempts[:3]]
    assert ["05-setup-packages(10)"] == [step.title for step in steps.failed(attempts)]
    assert "Error (exit code 2)" == steps.failed(attempts)[0].message


def test_groups_are_not_steps() -> None:
    """A workflow that has not started has no steps."""
    groups = [node(kind, "Failed", 1, kind=kind) for kind in ("Steps", "StepGroup", "DAG", "TaskGroup", "Retry")]
    assert () == steps.steps(status(*groups))
    assert () == steps.steps({})


def test_step_has_its_playbook_and_times() -> None:
    """A step that has not started comes last."""
    inputs = {"parameters": [{"name": "other", "value": "x"}, {"name": "playbook", "value": "00_setup_ssh.yml"}]}
    waiting = {"name": "w[1].later", "displayName": "later", "type": "Skipped", "startedAt": None}
    later, done = (
        steps.steps(status(waiting, node("a", "Succeeded", 3, inputs=inputs, finishedAt="2026-01-15T11:04:00Z")))[i]
        for i in (1, 0)
    )
    assert ("00_setup_ssh.yml", datetime(2026, 1, 15, 11, 4, tzinfo=UTC)) == (done.playbook, done.finished)
    assert ("later", "Pending", None, "") == (later.title, later.phase, later.started, later.playbook)


def test_compressed_steps_are_decompressed() -> None:
    """Argo compresses a status of more than a megabyte."""
    plain = status(node("a", "Failed", 1))
    assert steps.steps(plain) == steps.steps({"compressedNodes": compressed(json.dumps(plain["nodes"]).encode())})


@pytest.mark.parametrize(
    "invalid",
    [
        {"nodes": [1]},
        {"nodes": {"a": 1}},
        {"compressedNodes": "nonsense"},
        {"compressedNodes": base64.b64encode(b"nonsense").decode()},
        {"compressedNodes": compressed(b"nonsense")},
        {"compressedNodes": compressed(b"[1]")},
        {"compressedNodes": base64.b64encode(gzip.compress(b'{"a": {}}')[:-9]).decode()},
        {"compressedNodes": compressed(b" " * 60_000_000)},
    ],
)
def test_invalid_nodes_are_an_error(invalid: dict[str, Any]) -> None:
    """A small text that decompresses to a huge one is also an error."""
    meta = {"name": "w", "uid": "u", "creationTimestamp": "2026-01-15T11:00:00Z"}
    with pytest.raises(ValueError):  # noqa: PT011 - json raises it too, with its own message
        from_json({"metadata": meta, "spec": {}, "status": invalid})


def test_offloaded_steps_are_recognized() -> None:
    """Argo can store them in its own database."""
    assert steps.is_offloaded({"offloadNodeStatusVersion": "fnv:1"})
    assert not steps.is_offloaded({"offloadNodeStatusVersion": "fnv:1", **status(node("a", "Failed", 1))})
    assert not steps.is_offloaded({})


def test_workflow_of_the_fixture_has_its_steps(argo: Argo) -> None:
    """It failed at its second playbook."""
    workflow = argo.find("ansible-deploy-7w2kq")
    assert [("00-setup-ssh", "Succeeded"), ("05-setup-packages", "Failed")] == [
        (s.title, s.phase) for s in workflow.steps
    ]
    assert not workflow.has_offloaded_steps
    assert workflow.started == workflow.created
