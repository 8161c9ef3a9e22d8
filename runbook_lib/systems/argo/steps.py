"""The steps of a workflow, one a playbook and try, out of its status; plain values, no I/O."""

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
_FRAMES = ("Steps", "StepGroup", "DAG", "TaskGroup", "Retry")  # they hold steps and do nothing themselves
_MOST_BYTES = 50_000_000
_TRY = re.compile(r"\((?P<number>[0-9]+)\)$")


@dataclass(frozen=True)
class WorkflowStep:
    """One step, or one try of it.

    Attributes:
        node: Its full name, such as ``ansible-deploy-xxxxx[1].05-setup-packages(0)``: the pod says it too.
        title: Its short name, such as ``05-setup-packages(0)``.
        phase: ``Pending``, ``Running``, ``Succeeded``, ``Failed``, ``Error``, ``Skipped`` or ``Omitted``.
        playbook: The playbook that it runs, when its inputs say so; empty otherwise.
        started: When it began, UTC; None before.
        finished: When it ended, UTC; None before.
        message: The controller's words, such as ``Error (exit code 2)``; may be empty.
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
        """Whether this try failed."""
        return self.phase in FAILED

    @property
    def name(self) -> str:
        """The step without the number of the try."""
        return _TRY.sub("", self.title)


def nodes(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return the nodes in a workflow's status; packed ones are unpacked.

    Raises:
        ValueError: What is there are no nodes.

    Source: workflow/packer of Argo Workflows: a status over a megabyte is kept as gzip in base64.
    """
    found = status.get("nodes")
    if not found and status.get("compressedNodes"):
        found = _unpacked(str(status["compressedNodes"]))
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(isinstance(node, dict) for node in found.values()):
        raise ValueError("its nodes are none")
    return found


def steps(status: Mapping[str, Any]) -> tuple[WorkflowStep, ...]:
    """Return the steps in the order in which they began, the ones that have not begun last.

    Raises:
        ValueError: What is there are no nodes.
    """
    chosen = [_step(node) for node in nodes(status).values() if node.get("type") not in _FRAMES]
    last = datetime.max.replace(tzinfo=UTC)
    return tuple(sorted(chosen, key=lambda step: (step.started or last, step.node)))


def failed(found: Sequence[WorkflowStep]) -> tuple[WorkflowStep, ...]:
    """Return the last try of every step whose last try failed: a step that did it at the second try did not fail."""
    latest = {step.name: step for step in sorted(found, key=_number)}
    return tuple(step for step in found if step.has_failed and latest[step.name] is step)


def kept_elsewhere(status: Mapping[str, Any]) -> bool:
    """Tell whether Argo keeps the steps in a database of its own: the Kubernetes API does not show them then."""
    return bool(status.get("offloadNodeStatusVersion")) and not nodes(status)


def _number(step: WorkflowStep) -> int:
    found = _TRY.search(step.title)
    return int(found["number"]) if found else 0


def _step(node: Mapping[str, Any]) -> WorkflowStep:
    inputs = (node.get("inputs") or {}).get("parameters") or []
    playbooks = [str(one.get("value") or "") for one in inputs if one.get("name") == "playbook"]
    return WorkflowStep(
        node=str(node.get("name") or ""),
        title=str(node.get("displayName") or node.get("name") or ""),
        phase=str(node.get("phase") or "Pending"),
        playbook=playbooks[0] if playbooks else "",
        started=_moment(node.get("startedAt")),
        finished=_moment(node.get("finishedAt")),
        message=str(node.get("message") or ""),
    )


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _unpacked(text: str) -> Any:
    try:
        unpacker = zlib.decompressobj(wbits=31)
        data = unpacker.decompress(base64.b64decode(text, validate=True), _MOST_BYTES)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError("its packed nodes are too long, or not whole")
        return json.loads(data)
    except (binascii.Error, zlib.error, RecursionError) as error:
        raise ValueError("its packed nodes can't be unpacked") from error
