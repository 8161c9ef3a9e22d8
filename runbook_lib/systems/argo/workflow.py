"""A workflow and its pods as procedures read them, and the body of a workflow that runs one again; no I/O."""

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
"""The labels that Atmosphere v37-3 and later gives to a workflow."""
SERVER_IP, USER = "server-ip", "user"
"""The parameters that every release gives to it."""
RESUBMITTED_FROM = "workflows.argoproj.io/resubmitted-from-workflow"
WORKFLOW_OF_POD = "workflows.argoproj.io/workflow"
NODE_OF_POD = "workflows.argoproj.io/node-name"
PHASE = "workflows.argoproj.io/phase"
"""The label in which the controller repeats the phase."""
PHASES = ("Pending", "Running", "Succeeded", "Failed", "Error")
FINISHED = ("Succeeded", "Failed", "Error")
"""The phases that do not change any more."""
# What the controller or the API server put on one run, and what must not be carried over: with `completed` on it, the
# controller would never look at the new workflow. Source: FormulateResubmitWorkflow in workflow/util of Argo Workflows.
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
# The letters that Kubernetes makes names of: no vowels, nothing that looks like another.
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True)
class Workflow:
    """One workflow as the Kubernetes API shows it.

    Attributes:
        name: Its name in the namespace.
        uid: Its identity: a new workflow of the same name has another one.
        phase: ``Pending``, ``Running``, ``Succeeded``, ``Failed`` or ``Error``; empty until the controller saw it.
        labels: All labels.
        parameters: The workflow's own arguments, name → text.
        created: When it was submitted, with its offset.
        finished: When it ended; None while it has not.
        message: The controller's words about a failure; may be empty.
        failed_steps: The display names of the steps whose last try failed, in the order in which they began.
        deleting: Whether its deletion has begun.
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
    deleting: bool = False
    body: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_finished(self) -> bool:
        """Whether it has come to its end, well or not."""
        return self.phase in FINISHED

    @property
    def state(self) -> str:
        """The phase in words."""
        return self.phase or "not yet seen by Argo's controller"

    @property
    def steps(self) -> tuple[WorkflowStep, ...]:
        """Its steps, in the order in which they began; those that have not begun last."""
        return steps.steps(self.body.get("status") or {})

    @property
    def has_steps_elsewhere(self) -> bool:
        """Whether Argo keeps its steps in a database of its own, where they are not seen here."""
        return steps.kept_elsewhere(self.body.get("status") or {})

    @property
    def started(self) -> datetime | None:
        """When the controller took it up, UTC; None before."""
        text = (self.body.get("status") or {}).get("startedAt")
        return datetime.fromisoformat(text).astimezone(UTC) if text else None

    @property
    def instance_id(self) -> str:
        """The instance it deploys; empty for a workflow of a release before v37-3."""
        return self.labels.get(INSTANCE, "")


@dataclass(frozen=True)
class Pod:
    """One pod of a workflow: usually one playbook.

    Attributes:
        name: What ``kubectl logs`` wants.
        node: Which step it ran, in Argo's words, such as ``ansible-deploy-xxxxx[1].05-setup-packages(0)``.
        phase: ``Pending``, ``Running``, ``Succeeded`` or ``Failed``.
        created: When it was made, with its offset.
    """

    name: str
    node: str
    phase: str
    created: datetime


def from_json(body: Mapping[str, Any]) -> Workflow:
    """Return the API's object as a `Workflow`.

    Raises:
        ValueError: It is not a workflow's object.
    """
    try:
        meta, spec, status = body["metadata"], body["spec"], body.get("status") or {}
        arguments = (spec.get("arguments") or {}).get("parameters") or []
        return Workflow(
            name=meta["name"],
            uid=meta["uid"],
            phase=status.get("phase") or "",
            labels=dict(meta.get("labels") or {}),
            parameters={one["name"]: str(one.get("value", "")) for one in arguments},
            created=datetime.fromisoformat(meta["creationTimestamp"]),
            finished=datetime.fromisoformat(status["finishedAt"]) if status.get("finishedAt") else None,
            message=status.get("message") or "",
            failed_steps=tuple(step.title for step in steps.failed(steps.steps(status))),
            deleting="deletionTimestamp" in meta,
            body=body,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the object is not a workflow's") from error


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
        raise ValueError("the object is not a pod's") from error


def resubmission(old: Workflow, name: str) -> dict[str, Any]:
    """Return the body of the workflow that runs `old` again under `name`: the same spec, labels and annotations.

    Status, uid and version stay behind, and so do the labels of the old run. A spec that was terminated is not.

    Source: FormulateResubmitWorkflow in workflow/util/util.go of Argo Workflows: what ``argo resubmit`` sends.
    """
    meta = old.body["metadata"]
    labels = {key: value for key, value in old.labels.items() if key not in _LABELS_OF_ONE_RUN}
    labels[RESUBMITTED_FROM] = old.name
    new: dict[str, Any] = {"name": name, "generateName": prefix(old), "labels": labels}
    for kept in ("annotations", "ownerReferences"):
        if meta.get(kept):
            new[kept] = copy.deepcopy(meta[kept])
    return {"apiVersion": f"{GROUP}/{VERSION}", "kind": "Workflow", "metadata": new, "spec": _spec(old)}


def prefix(old: Workflow) -> str:
    """Return what the names of a workflow and of its resubmissions begin with."""
    return str(old.body["metadata"].get("generateName") or f"{old.name}-")


def new_name(old: Workflow, *, taken: frozenset[str]) -> str:
    """Return the name for a resubmission: the same for everybody who resubmits `old` while these names are taken.

    So two people who resubmit one workflow at the same moment come to one name, and only the first gets it; and an
    answer that was lost can be looked up.
    """
    for attempt in range(len(taken) + 1):
        digest = hashlib.sha256(f"{old.uid}:{len(taken)}:{attempt}".encode()).digest()
        name = prefix(old) + "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:5])
        if name not in taken:
            return name
    raise ValueError("more names are tried than are taken")


def spec_digest(workflow: Workflow) -> str:
    """Return twelve hex digits that stand for what the workflow does; suspending or stopping it does not alter them."""
    spec = {key: value for key, value in _spec(workflow).items() if key != "suspend"}
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def is_label_value(text: str) -> bool:
    """Tell whether Kubernetes takes a text as a label's value: a user name with ``@`` or ``+`` is none."""
    return _LABEL_VALUE.fullmatch(text) is not None


def is_name(text: str) -> bool:
    """Tell whether an object can have this name."""
    return _NAME.fullmatch(text) is not None and ".." not in text


def _spec(workflow: Workflow) -> dict[str, Any]:
    spec = copy.deepcopy(dict(workflow.body["spec"]))
    spec.pop("shutdown", None)
    if spec.get("activeDeadlineSeconds") == 0:  # how older releases of Argo terminate
        del spec["activeDeadlineSeconds"]
    return spec
