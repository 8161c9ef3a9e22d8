"""Run a deployment's Argo workflow again, if the instance is still the one that it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runbook_lib.errors import NothingChanged, Refused
from runbook_lib.model import Call, System, SystemId
from runbook_lib.model.plan import Plan
from runbook_lib.params import param
from runbook_lib.params.common import WORKFLOW
from runbook_lib.systems.argo import workflow
from runbook_lib.systems.argo.gateway import RESUBMIT
from runbook_lib.systems.db.access import edits
from runbook_lib.systems.db.queries import addresses, instances

if TYPE_CHECKING:
    from runbook_lib.systems.argo.workflow import Workflow
    from runbook_lib.systems.db.models.atmosphere.models import Instance
    from runbook_lib.world.world import World

MINUTES = 5
NEEDS = ("argo",)
TELLS_MORE = {"atmosphere": "whether the instance is still there"}
_AT_WORK = ("build", "networking", "deploying", "redeploy")
"""The statuses in which a task of Atmosphere may still submit a workflow of its own."""

_NOT_FOLLOWED = (
    "Atmosphere does not follow the new workflow: the instance's status and its timers stay as they are, and the log "
    "is not fetched; where the status has to follow, use redeploy_instance instead"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which workflow."""

    name: str = WORKFLOW("It must have ended.", example="ansible-deploy-7w2kq")
    beside_running: bool = param(
        "Also when another workflow of the same instance has not ended: two would work on it at once.", default=False
    )


def plan(world: World, params: Params) -> Plan:
    """Return the one call that submits a new workflow with the old one's spec and labels, under a name of its own.

    Raises:
        TargetNotFound: No such workflow, or no such instance.
        Refused: The workflow has not ended; another one of the instance has not; the instance has ended, or has
            another address or owner than the workflow deploys to.

    Source: FormulateResubmitWorkflow in workflow/util/util.go of Argo Workflows; service/argo of Atmosphere v37.
    """
    argo = world.workflows
    old = argo.find(params.name)
    _check_ended(old, namespace=argo.namespace)
    others = [
        one
        for one in argo.of_instance(old.instance_id, server_ip=old.parameters.get(workflow.SERVER_IP, ""))
        if one.name != old.name
    ]
    again = [one for one in others if one.labels.get(workflow.RESUBMITTED_FROM) == old.name]
    if live := [one for one in again if not one.is_finished and not one.is_deleting]:
        return Plan(because=f"workflow {old.name} was resubmitted already: {live[-1].name} is {live[-1].state}")
    running = [one for one in others if not one.is_finished]
    if running and not params.beside_running:
        raise _second(running, namespace=argo.namespace)
    instance = _instance(world, old)
    name = workflow.new_name(old, taken=frozenset(one.name for one in again))
    action = f"{RESUBMIT}{old.name}"
    call = Call(SystemId(System.ARGO), target=name, action=action, before=None, after=argo.planned(old))
    return Plan(
        changes=(call,),
        warnings=(
            *_about_the_new(old, name, namespace=argo.namespace),
            *_about_others(old, others),
            *_about_the_instance(instance),
        ),
        expects=(edits.expect(instance, "end_date", "ip_address"),) if instance else (),
    )


def _check_ended(old: Workflow, *, namespace: str) -> None:
    if old.is_finished:
        return
    raise Refused(
        what=f"workflow {old.name} has not ended: it is {old.state}",
        why="a second one would run the same playbooks on the same instance at the same time",
        next_step=(
            f"wait for it: argo get -n {namespace} {old.name}; or end it: argo terminate -n {namespace} {old.name}"
        ),
    )


def _second(running: list[Workflow], *, namespace: str) -> Refused:
    names = ", ".join(f"{one.name} ({one.state}, since {one.created:%Y-%m-%d %H:%M} UTC)" for one in running)
    return Refused(
        what=f"another workflow of this instance has not ended: {names}",
        why="Atmosphere submits a new one at each retry, and the old one goes on; two would work on it at once",
        next_step=(
            f"wait for it, or end it: argo terminate -n {namespace} {running[-1].name}; "
            "beside_running=True submits all the same"
        ),
    )


def _instance(world: World, old: Workflow) -> Instance | None:
    """Return the instance that the workflow would deploy to; None when the database is not configured.

    An address is given to somebody else when its instance ends: the playbooks would make this user an account there.
    """
    if System.ATMOSPHERE not in world.endpoints.configured:
        return None
    address, user = old.parameters.get(workflow.SERVER_IP, ""), old.parameters.get(workflow.USER, "")
    if not old.instance_id:
        found = addresses.find_running_instance(address, user)
        if found is None:
            raise Refused(
                what=f"no live instance of {user} has the address {address or '(none)'}",
                why=f"workflow {old.name} has no label instance_uuid, and the address may be somebody else's by now",
                next_step="redeploy the instance through Atmosphere: procedure redeploy_instance",
            )
        return found
    found = instances.instance(old.instance_id)
    if not addresses.is_same_address(found.ip_address, address) or found.created_by.username != user:
        raise Refused(
            what=(
                f"workflow {old.name} deploys to {address} for {user}, and {instances.label(found)} "
                f"has the address {found.ip_address or '(none)'}"
            ),
            why="it would work on another machine, or for another user",
            next_step="redeploy the instance through Atmosphere, which looks the address up: redeploy_instance",
        )
    return found


def _about_the_new(old: Workflow, name: str, *, namespace: str) -> list[str]:
    address, user = old.parameters.get(workflow.SERVER_IP, "?"), old.parameters.get(workflow.USER, "?")
    notes = [
        f"all its playbooks run again, from the first, on {address} for {user}",
        f"check after 5 minutes: argo get -n {namespace} {name}; Atmosphere gives a deployment 25 minutes",
        _NOT_FOLLOWED,
        "undo stops it while it has not ended; what its playbooks did to the instance by then stays",
    ]
    if old.phase == "Succeeded":
        notes.insert(0, f"workflow {old.name} succeeded")
    if old.body["spec"].get("shutdown"):
        notes.append(f"workflow {old.name} was ended by hand ({old.body['spec']['shutdown']}); the new one is not")
    if not old.instance_id:
        notes.append(
            f"workflow {old.name} has no labels, being of a release before v37-3: others of the same instance were "
            "looked for by the parameter server-ip"
        )
    return notes


def _about_others(old: Workflow, others: list[Workflow]) -> list[str]:
    running = [one for one in others if not one.is_finished]
    done = [one for one in others if one.phase == "Succeeded" and one.created > old.created]
    return [
        *(f"{one.name} of the same instance is {one.state}: two work on it at once" for one in running),
        *(f"{one.name}, submitted later for the same instance, succeeded" for one in done),
    ]


def _about_the_instance(instance: Instance | None) -> list[str]:
    if instance is None:
        return ["Atmosphere's database is not configured: it is unknown whether the instance still has this address"]
    try:
        row = instances.current_status(instance)
    except NothingChanged as error:
        return [error.what]
    if row.status.name not in _AT_WORK:
        return []
    at_work = "Atmosphere's own task may not have given up, and submits another workflow at each of its 2 retries"
    return [f"the instance is {instances.describe_status(row)}: {at_work}"]
