"""Find workflows by what the operator knows of them, also those of releases that gave them no labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.systems.argo import answers, workflow

if TYPE_CHECKING:
    from datetime import datetime

    from runbook_lib.systems.argo.kube import KubeApi
    from runbook_lib.systems.argo.workflow import Workflow

# The controller repeats these in a label; one that it has not seen has none.
_LABELLED = ("Running", *workflow.FINISHED)


@dataclass(frozen=True)
class WorkflowQuery:
    """What a workflow must be; what is empty does not restrict.

    Attributes:
        instance_id: The instance that it deploys.
        server_ip: That instance's address: what tells of a workflow without labels.
        username: Whose instance.
        phase: One of `flow.PHASES`.
        since: It was submitted then or later; aware.
    """

    instance_id: str
    server_ip: str
    username: str
    phase: str
    since: datetime | None

    def fits(self, one: Workflow) -> bool:
        """Tell whether a workflow is wanted."""
        return (
            self._fits_instance(one)
            and (not self.username or _owner(one) == self.username)
            and (not self.phase or (one.phase or "Pending") == self.phase)
            and (self.since is None or one.created >= self.since)
        )

    def selectors(self) -> list[str]:
        """Return the label selectors whose answers together hold every workflow that is wanted; "" is all."""
        label, value = self._key()
        phase = f"{workflow.PHASE}={self.phase}" if self.phase in _LABELLED else ""
        if not label:
            return [phase]
        chosen = [f"!{label}"] if label != workflow.INSTANCE or self.server_ip else []
        chosen += [f"{label}={value}"] if workflow.is_label_value(value) else []
        return [",".join(filter(None, (one, phase))) for one in chosen]

    def _key(self) -> tuple[str, str]:
        """Return the label that restricts most, and its value; empty when none may be relied on."""
        if self.instance_id:
            return workflow.INSTANCE, self.instance_id
        return (workflow.USERNAME, self.username) if self.username else ("", "")

    def _fits_instance(self, one: Workflow) -> bool:
        if self.instance_id and one.instance_id:
            return one.instance_id == self.instance_id
        if self.server_ip:
            return one.parameters.get(workflow.SERVER_IP) == self.server_ip
        return not self.instance_id


def run(api: KubeApi, wanted: WorkflowQuery) -> list[Workflow]:
    """Return the workflows that are wanted, oldest first; asks for no more than it must.

    Raises:
        NotConnected, Refused: As `answers.workflows` does.
    """
    found = {one.name: one for selector in wanted.selectors() for one in answers.workflows(api, selector=selector)}
    return sorted((one for one in found.values() if wanted.fits(one)), key=lambda one: (one.created, one.name))


def _owner(one: Workflow) -> str:
    return one.labels.get(workflow.USERNAME) or one.parameters.get(workflow.USER, "")
