"""Find workflows by instance, user, phase or time, including the unlabeled ones of older releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.systems.argo import answers, workflow

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.systems.argo.kube import KubeApi
    from runbook_lib.systems.argo.workflow import Workflow

# The controller copies these phases to a label. A workflow that it has not processed yet has no such label.
_LABELED_PHASES = ("Running", *workflow.FINISHED)


@dataclass(frozen=True)
class WorkflowQuery:
    """Conditions that a workflow must all meet; an empty one does not restrict.

    Attributes:
        instance_id: The instance that it deploys.
        server_ip: That instance's address, which identifies workflows without labels.
        username: The instance's owner.
        phase: One of `flow.PHASES`.
        since: Earliest time of submission; aware.
    """

    instance_id: str
    server_ip: str
    username: str
    phase: str
    since: datetime | None

    def fits(self, candidate: Workflow) -> bool:
        """Return whether a workflow meets every condition."""
        return (
            self._fits_instance(candidate)
            and (not self.username or _owner(candidate) == self.username)
            and (not self.phase or (candidate.phase or "Pending") == self.phase)
            and (self.since is None or candidate.created >= self.since)
        )

    def selectors(self) -> list[str]:
        """Return label selectors that together match every wanted workflow; "" matches all workflows."""
        label, value = self._key()
        phase = f"{workflow.PHASE}={self.phase}" if self.phase in _LABELED_PHASES else ""
        if not label:
            return [phase]
        chosen = [f"!{label}"] if label != workflow.INSTANCE or self.server_ip else []
        chosen += [f"{label}={value}"] if workflow.is_label_value(value) else []
        return [",".join(filter(None, (selector, phase))) for selector in chosen]

    def _key(self) -> tuple[str, str]:
        """Return the most restrictive label and its value; empty when no label is reliable."""
        if self.instance_id:
            return workflow.INSTANCE, self.instance_id
        return (workflow.USERNAME, self.username) if self.username else ("", "")

    def _fits_instance(self, candidate: Workflow) -> bool:
        if self.instance_id and candidate.instance_id:
            return candidate.instance_id == self.instance_id
        if self.server_ip:
            return candidate.parameters.get(workflow.SERVER_IP) == self.server_ip
        return not self.instance_id


def run(api: KubeApi, query: WorkflowQuery) -> list[Workflow]:
    """Return the workflows that meet `query`, oldest first. Reads only the label selectors that can match.

    Raises:
        NotConnected, Refused: As `answers.workflows` does.
    """
    candidates = {
        candidate.name: candidate
        for selector in query.selectors()
        for candidate in answers.workflows(api, selector=selector)
    }
    return sorted(filter(query.fits, candidates.values()), key=lambda match: (match.created, match.name))


def _owner(candidate: Workflow) -> str:
    return candidate.labels.get(workflow.USERNAME) or candidate.parameters.get(workflow.USER, "")
