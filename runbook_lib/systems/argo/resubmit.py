"""Submit a workflow again, once, or take the new one back: the only writes to Argo's cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook_lib.errors import NotConnected, Refused, StalePlan
from runbook_lib.systems.argo import answers, workflow

if TYPE_CHECKING:
    from runbook_lib.model import Call, Json
    from runbook_lib.systems.argo.gateway import Argo
    from runbook_lib.systems.argo.workflow import Workflow

RESUBMIT = "resubmit "
_NOT_FOUND, _CONFLICT = 404, 409


def planned(old: Workflow) -> dict[str, Json]:
    """Return what a resubmission of `old` is recognised by, for a `Call`."""
    return {"resubmitted_from": old.name, "spec": workflow.spec_digest(old)}


def perform(argo: Argo, call: Call) -> None:
    """Make the call unless it is made already; see `Argo.perform`."""
    now = argo.current(call)
    if now == call.after:
        return
    if now != call.before:
        raise _stale(call, now)
    try:
        _take_back(argo, call) if call.after is None else _create(argo, call)
    except NotConnected as error:
        if not _done(argo, call, error):
            raise


def _create(argo: Argo, call: Call) -> None:
    old = argo.find(call.action.removeprefix(RESUBMIT))
    if planned(old) != call.after:
        raise StalePlan(target=f"argo {old.name}", column="spec", planned=call.after, now=planned(old))
    answer = argo.api().create(workflow.resubmission(old, call.target))
    if answer.status == _CONFLICT:
        raise _stale(call, "another workflow of this name")
    answers.checked(argo.api(), answer, f"to create workflow {call.target}", verb="create")


def _take_back(argo: Argo, call: Call) -> None:
    found = argo.find(call.target)
    if found.is_finished:
        raise Refused(
            what=f"workflow {found.name} has ended already ({found.phase}) and can't be taken back",
            why="what its playbooks did to the instance stays; deleting it would only lose its record",
            next_step=f"read what it did: argo logs -n {argo.namespace} {found.name}",
        )
    answer = argo.api().delete(found.name, uid=found.uid)
    if answer.status == _NOT_FOUND:
        return
    if answer.status == _CONFLICT:
        raise _stale(call, "another workflow of this name")
    answers.checked(argo.api(), answer, f"to delete workflow {found.name}", verb="delete")


def _done(argo: Argo, call: Call, error: NotConnected) -> bool:
    """Tell whether a request took effect although its answer was lost."""
    try:
        return bool(argo.current(call) == call.after)
    except NotConnected:
        raise NotConnected(
            system=error.system,
            address=argo.url,
            reason=f"{error.why}; workflow {call.target} could not be read back: it may have been changed",
            next_step="when it answers again, plan again: the plan shows what is left to do",
        ) from error


def _stale(call: Call, now: Json) -> StalePlan:
    return StalePlan(target=f"{call.system} {call.target}", column=call.action, planned=call.before, now=now)
