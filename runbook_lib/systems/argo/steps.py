"""Steps of a workflow from its status: one per playbook and attempt; plain values, no I/O."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAILED = ("Failed", "Error")
_GROUP_TYPES = ("Steps", "StepGroup", "DAG", "TaskGroup", "Retry")  # nodes that only contain steps
_MAX_BYTES = 50_000_000
_ATTEMPT = re.compile(r"\((?P<number>[0-9]+)\)$")


@dataclass(frozen=True)
class WorkflowStep:
    """One step, or one attempt of it.

    Attributes:
        node: Full name, such as ``ansible-deploy-xxxxx[1].05-setup-packages(0)``; the step's pod has it too.
        title: Short name, such as ``05-setup-packages(0)``.
        phase: ``Pending``, ``Running``, ``Succeeded``, ``Failed``, ``Error``, ``Skipped`` or ``Omitted``.
        playbook: The playbook that it runs; empty when its inputs have none.
        started: Start time, UTC; None before.
        finished: End time, UTC; None before.
        message: The controller's message, such as ``Error (exit code 2)``; can be empty.
    """

    node: str
    title: str
    phase: str
    playbook: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    message: str = ""

    @property
    def has_failed(self) -> bool:
        """Whether this attempt failed."""
        return self.phase in FAILED

    @property
    def name(self) -> str:
        """The step without the number of the attempt."""
        return _ATTEMPT.sub("", self.title)


def nodes(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nodes in a workflow's status; decompress them if necessary.

    Raises:
        ValueError: The nodes are not JSON objects, or can't be decompressed.

    Source: workflow/packer of Argo Workflows: a status over a megabyte is stored as gzip in base64.
    """
    result = status.get("nodes")
    if not result and status.get("compressedNodes"):
        result = _decompress(str(status["compressedNodes"]))
    if result is None:
        return {}
    if not isinstance(result, dict) or not all(isinstance(node, dict) for node in result.values()):
        raise ValueError("its nodes are not JSON objects")
    return result


def steps(status: Mapping[str, Any]) -> tuple[WorkflowStep, ...]:
    """Return the steps by start time, those that have not started last; raises as `nodes` does."""
    chosen = [_step(node) for node in nodes(status).values() if node.get("type") not in _GROUP_TYPES]
    last = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(chosen, key=lambda step: (step.started or last, step.node)))


def failed(all_steps: Sequence[WorkflowStep]) -> tuple[WorkflowStep, ...]:
    """Return the last attempt of every step whose last attempt failed."""
    latest = {step.name: step for step in sorted(all_steps, key=_number)}
    return tuple(step for step in all_steps if step.has_failed and latest[step.name] is step)


def is_offloaded(status: Mapping[str, Any]) -> bool:
    """Return whether Argo stores the steps in its own database, where the Kubernetes API does not show them."""
    return bool(status.get("offloadNodeStatusVersion")) and not nodes(status)


def _number(step: WorkflowStep) -> int:
    match = _ATTEMPT.search(step.title)
    return int(match["number"]) if match else 0


def _step(node: Mapping[str, Any]) -> WorkflowStep:
    inputs = (node.get("inputs") or {}).get("parameters") or []
    playbooks = [str(parameter.get("value") or "") for parameter in inputs if parameter.get("name") == "playbook"]
    return WorkflowStep(
        node=str(node.get("name") or ""),
        title=str(node.get("displayName") or node.get("name") or ""),
        phase=str(node.get("phase") or "Pending"),
        playbook=playbooks[0] if playbooks else "",
        started=_time(node.get("startedAt")),
        finished=_time(node.get("finishedAt")),
        message=str(node.get("message") or ""),
    )


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _decompress(text: str) -> Any:
    try:
        decompressor = zlib.decompressobj(wbits=31)
        data = decompressor.decompress(base64.b64decode(text, validate=True), _MAX_BYTES)
        if decompressor.unconsumed_tail or not decompressor.eof:
            raise ValueError("its compressed nodes are too long or incomplete")
        return json.loads(data)
    except (binascii.Error, zlib.error, RecursionError) as error:
        raise ValueError("its compressed nodes can't be decompressed") from error
