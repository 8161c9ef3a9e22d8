"""A workflow and its pods as procedures read them, and the body of a resubmission; no I/O."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook_lib.systems.argo import steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook_lib.systems.argo.steps import WorkflowStep

GROUP, VERSION, PLURAL = "argoproj.io", "v1alpha1", "workflows"
INSTANCE, USERNAME = "instance_uuid", "username"
"""The labels that Atmosphere v37-3 and later sets on a workflow."""
SERVER_IP, USER = "server-ip", "user"
"""The parameters that every release sets."""
RESUBMITTED_FROM = "workflows.argoproj.io/resubmitted-from-workflow"
WORKFLOW_OF_POD = "workflows.argoproj.io/workflow"
NODE_OF_POD = "workflows.argoproj.io/node-name"
PHASE = "workflows.argoproj.io/phase"
"""The label to which the controller copies the phase."""
PHASES = ("Pending", "Running", "Succeeded", "Failed", "Error")
FINISHED = ("Succeeded", "Failed", "Error")
"""The final phases."""
# Labels that the controller or the API server set on one run. A resubmission must not have them: the controller ignores
# a workflow with `completed`. Source: FormulateResubmitWorkflow in workflow/util of Argo Workflows.
_LABELS_OF_ONE_RUN = frozenset(
    f"workflows.argoproj.io/{name}"
    for name in (
        "completed",
        "creator",
        "creator-email",
        "creator-preferred-username",
        "phase",
        "workflow-archiving-status",
    )
)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
# The characters of Kubernetes' generated names: no vowels and no similar characters.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Workflow:
    """One workflow as the Kubernetes API shows it.

    Attributes:
        name: Name in the namespace.
        uid: Identity; a new workflow with the same name has another one.
        phase: ``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Error``; empty until the controller sets it.
        labels: All labels.
        parameters: The workflow's own arguments, name → text.
        created: Time of submission, with its offset.
        finished: End time; None before.
        message: The controller's message about a failure; can be empty.
        failed_steps: The display names of the steps whose last attempt failed, by start time.
        is_deleting: Whether its deletion has started.
        body: The whole object.
    """

    name: str
    uid: str
    phase: str
    labels: Mapping[str, str]
    parameters: Mapping[str, str]
    created: datetime
    finished: datetime | None = None
    message: str = ""
    failed_steps: tuple[str, ...] = ()
    is_deleting: bool = False
    body: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, successfully or not."""
        return self.phase in FINISHED

    @property
    def state(self) -> str:
        """The phase in words."""
        return self.phase or "not yet processed by Argo's controller"

    @property
    def steps(self) -> tuple[WorkflowStep, ...]:
        """Its steps by start time, those that have not started last."""
        return steps.steps(self.body.get("status") or {})

    @property
    def has_offloaded_steps(self) -> bool:
        """Whether Argo stores its steps in its own database, where they can't be read from here."""
        return steps.is_offloaded(self.body.get("status") or {})

    @property
    def started(self) -> datetime | None:
        """When the controller started it, UTC; None before."""
        text = (self.body.get("status") or {}).get("startedAt")
        return datetime.fromisoformat(text).astimezone(UTC) if text else None

    @property
    def instance_id(self) -> str:
        """The instance that it deploys; empty for a workflow of a release before v37-3."""
        return self.labels.get(INSTANCE, "")


@dataclass(frozen=True)
class Pod:
    """One pod of a workflow: usually one playbook.

    Attributes:
        name: The argument of ``kubectl logs``.
        node: Argo's name of the step that it ran, such as ``ansible-deploy-xxxxx[1].05-setup-packages(0)``.
        phase: ``Pending``, ``Running``, ``Succeeded`` or ``Failed``.
        created: Time of creation, with its offset.
    """

    name: str
    node: str
    phase: str
    created: datetime


def from_json(body: Mapping[str, Any]) -> Workflow:
    """Return the API's object as a `Workflow`.

    Raises:
        ValueError: The object is not a workflow.
    """
    try:
        meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
        arguments = (spec.get("arguments") or {}).get("parameters") or []
        return Workflow(
            name=meta["name"],
            uid=meta["uid"],
            phase=status.get("phase") or "",
            labels=dict(meta.get("labels") or {}),
            parameters={argument["name"]: str(argument.get("value", "")) for argument in arguments},
            created=datetime.fromisoformat(meta["creationTimestamp"]),
            finished=datetime.fromisoformat(status["finishedAt"]) if status.get("finishedAt") else None,
            message=status.get("message") or "",
            failed_steps=tuple(step.title for step in steps.failed(steps.steps(status))),
            is_deleting="deletionTimestamp" in meta,
            body=body,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the object lacks fields of a workflow") from error


def pod_from_json(body: Mapping[str, Any]) -> Pod:
    """Return the API's object as a `Pod`; raises as `from_json` does."""
    try:
        meta = body["metadata"]
        return Pod(
            name=meta["name"],
            node=(meta.get("annotations") or {}).get(NODE_OF_POD, ""),
            phase=(body.get("status") or {}).get("phase") or "",
            created=datetime.fromisoformat(meta["creationTimestamp"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the object lacks fields of a pod") from error


def resubmission(old: Workflow, name: str) -> dict[str, Any]:
    """Return the body of a workflow that runs `old` again under `name`, with the same spec, labels and annotations.

    It omits status, uid, version and the labels of the old run. It resets a spec that an operator terminated.

    Source: FormulateResubmitWorkflow in workflow/util/util.go of Argo Workflows, used by ``argo resubmit``.
    """
    meta = old.body["metadata"]
    labels = {key: value for key, value in old.labels.items() if key not in _LABELS_OF_ONE_RUN}
    labels[RESUBMITTED_FROM] = old.name
    new: dict[str, Any] = {"name": name, "generateName": prefix(old), "labels": labels}
    for key in ("annotations", "ownerReferences"):
        if meta.get(key):
            new[key] = copy.deepcopy(meta[key])
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Workflow", "metadata": new, "spec": _spec(old)}


def prefix(old: Workflow) -> str:
    """Return the common prefix of the names of a workflow and its resubmissions."""
    return str(old.body["metadata"].get("generateName") or f"{old.name}-")


def new_name(old: Workflow, *, taken: frozenset[str]) -> str:
    """Return the name for a resubmission: the same for everyone who resubmits `old` while these names are taken.

    If two people resubmit one workflow at the same time, both get the same name and only the first request succeeds.
    The result behind a lost response can be looked up by this name.
    """
    for attempt in range(len(taken) + 1):
        digest = hashlib.sha256(f"{old.uid}:{len(taken)}:{attempt}".encode()).digest()
        name = prefix(old) + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:5])
        if name not in taken:
            return name
    raise ValueError("no free name in more attempts than there are taken names")


def spec_digest(workflow: Workflow) -> str:
    """Return twelve hex digits that identify the workflow's work; suspending or stopping it does not change them."""
    spec = {key: value for key, value in _spec(workflow).items() if key != "suspend"}
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_label_value(text: str) -> bool:
    """Return whether Kubernetes accepts `text` as a label value. A username with ``@`` or ``+`` is not valid."""
    return _LABEL_VALUE.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Return whether `text` is a valid object name."""
    return _NAME.fullmatch(text) is not None and ".." not in text


def _spec(workflow: Workflow) -> dict[str, Any]:
    spec = copy.deepcopy(dict(workflow.body["spec"]))
    spec.pop("shutdown", None)
    if spec.get("activeDeadlineSeconds") == 0:  # set by older releases of Argo to terminate a workflow
        del spec["activeDeadlineSeconds"]
    return spec
