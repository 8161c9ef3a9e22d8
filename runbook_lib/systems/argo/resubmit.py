"""Resubmit a workflow once, or delete the resubmission: the only writes to Argo's cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import Refused, StalePlan
from runbook_lib.systems.argo import answers, workflow
from runbook_lib.systems.gateway import stale

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook_lib.model import Call, Json
    from runbook_lib.systems.argo.kube import KubeApi
    from runbook_lib.systems.argo.workflow import Workflow

RESUBMIT = "resubmit "
_NOT_FOUND, _CONFLICT = 404, 409


def planned(old: Workflow) -> dict[str, Json]:
    """Return the values that identify a resubmission of `old`, for a `Call`."""
    return {"resubmitted_from": old.name, "spec": workflow.spec_digest(old)}


def send(api: KubeApi, call: Call, *, find: Callable[[str], Workflow]) -> None:
    """Send the one request of `call`.

    Args:
        api: The cluster.
        call: The resubmission, or its inverse.
        find: Returns the workflow with a name; raises when there is none.

    Raises:
        StalePlan: Another workflow has the name, or the old one is not as planned.
        Refused: The account lacks the permission, or the workflow to delete has finished.
        TargetNotFound, NotConnected: As `find` does.
    """
    action = _delete if call.after is None else _create
    action(api, call, find)


def _create(api: KubeApi, call: Call, find: Callable[[str], Workflow]) -> None:
    old = find(call.action.removeprefix(RESUBMIT))
    if planned(old) != call.after:
        raise StalePlan(target=f"argo {old.name}", column="spec", planned=call.after, now=planned(old))
    answer = api.create(workflow.resubmission(old, call.target))
    if answer.status == _CONFLICT:
        raise stale(call, "another workflow of this name")
    answers.checked(api, answer, f"to create workflow {call.target}", verb="create")


def _delete(api: KubeApi, call: Call, find: Callable[[str], Workflow]) -> None:
    new = find(call.target)
    if new.is_finished:
        raise Refused(
            what=f"workflow {new.name} has already ended ({new.phase}) and can't be undone",
            why="its playbooks' changes to the instance remain; deleting the workflow would only lose its record",
            next_step=f"read its log: argo logs -n {api.namespace} {new.name}",
        )
    answer = api.delete(new.name, uid=new.uid)
    if answer.status == _NOT_FOUND:
        return
    if answer.status == _CONFLICT:
        raise stale(call, "another workflow of this name")
    answers.checked(api, answer, f"to delete workflow {new.name}", verb="delete")
