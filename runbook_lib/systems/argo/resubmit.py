"""Submit a workflow again, once, or delete the new one: the only writes to Argo's cluster."""

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
    """Return what a resubmission of `old` is recognised by, for a `Call`."""
    return {"resubmitted_from": old.name, "spec": workflow.spec_digest(old)}


def send(api: KubeApi, call: Call, *, find: Callable[[str], Workflow]) -> None:
    """Send the one request that `call` stands for.

    Args:
        api: The cluster.
        call: The resubmission, or its inverse.
        find: Returns the workflow of a name; raises when there is none.

    Raises:
        StalePlan: Another workflow has the name, or the old one is not as planned.
        Refused: The account may not do it, or the workflow to delete has finished.
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
    found = find(call.target)
    if found.is_finished:
        raise Refused(
            what=f"workflow {found.name} has ended already ({found.phase}) and can't be taken back",
            why="what its playbooks did to the instance stays; deleting it would only lose its record",
            next_step=f"read what it did: argo logs -n {api.namespace} {found.name}",
        )
    answer = api.delete(found.name, uid=found.uid)
    if answer.status == _NOT_FOUND:
        return
    if answer.status == _CONFLICT:
        raise stale(call, "another workflow of this name")
    answers.checked(api, answer, f"to delete workflow {found.name}", verb="delete")
