"""Run a deployment's Argo workflow again, if the instance still has the workflow's address and owner."""

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

GROUP = "Workers and workflows"
MINUTES = 5
NEEDS = ("argo",)
OPTIONAL = {"atmosphere": "whether the instance still has the same address and owner"}
_AT_WORK = ("build", "networking", "deploying", "redeploy")
"""The statuses in which a task of Atmosphere can still submit its own workflow."""

_NOT_FOLLOWED = (
    "Atmosphere does not follow the new workflow: the instance's status and its timers stay as they are, and the log "
    "is not saved; if the status must follow, use redeploy_instance instead"
)


@dataclass(frozen=True, kw_only=True)
class Params:
    """The workflow."""

    name: str = WORKFLOW("It must have ended.", example="ansible-deploy-7w2kq")
    beside_running: bool = param(
        "Resubmit even if another workflow of the same instance has not ended: two then work on it at once.",
        default=False,
    )


def plan(world: World, params: Params) -> Plan:
    """Return the single call that submits a new workflow with the old one's spec and labels, under a new name.

    Raises:
        TargetNotFound: The workflow or the instance does not exist.
        Refused: The workflow has not ended; another workflow of the instance has not ended; the instance ended, or its
            address or owner differs from the workflow's.

    Source: FormulateResubmitWorkflow in workflow/util/util.go of Argo Workflows; service/argo of Atmosphere v37.
    """
    argo = world.workflows
    old = argo.find(params.name)
    _check_ended(old, namespace=argo.namespace)
    others = [
        other
        for other in argo.of_instance(old.instance_id, server_ip=old.parameters.get(workflow.SERVER_IP, ""))
        if other.name != old.name
    ]
    resubmitted = [other for other in others if other.labels.get(workflow.RESUBMITTED_FROM) == old.name]
    if running := [copy for copy in resubmitted if not copy.is_finished and not copy.is_deleting]:
        return Plan(because=f"workflow {old.name} was already resubmitted: {running[-1].name} is {running[-1].state}")
    running = [other for other in others if not other.is_finished]
    if running and not params.beside_running:
        raise _second(running, namespace=argo.namespace)
    instance = _instance(world, old)
    name = workflow.new_name(old, taken=frozenset(copy.name for copy in resubmitted))
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
        why="a second workflow would run the same playbooks on the same instance at the same time",
        next_step=(
            f"wait for it: argo get -n {namespace} {old.name}; or end it: argo terminate -n {namespace} {old.name}"
        ),
    )


def _second(running: list[Workflow], *, namespace: str) -> Refused:
    names = ", ".join(f"{other.name} ({other.state}, since {other.created:%Y-%m-%d %H:%M} UTC)" for other in running)
    return Refused(
        what=f"another workflow of this instance has not ended: {names}",
        why="Atmosphere submits a workflow at each retry, and the old one continues; two would work on it at once",
        next_step=(
            f"wait for it, or end it: argo terminate -n {namespace} {running[-1].name}; "
            "beside_running=True submits anyway"
        ),
    )


def _instance(world: World, old: Workflow) -> Instance | None:
    """Return the instance that the workflow would deploy to; None if the database is not configured.

    When an instance ends, another other can get its address: the playbooks would create this user's account there.
    """
    if System.ATMOSPHERE not in world.endpoints.configured:
        return None
    address, user = old.parameters.get(workflow.SERVER_IP, ""), old.parameters.get(workflow.USER, "")
    if not old.instance_id:
        instance = addresses.find_running_instance(address, user)
        if instance is None:
            raise Refused(
                what=f"no live instance of {user} has the address {address or '(none)'}",
                why=f"workflow {old.name} has no label instance_uuid, and another user might have the address by now",
                next_step="redeploy the instance through Atmosphere: procedure redeploy_instance",
            )
        return instance
    instance = instances.instance(old.instance_id)
    if not addresses.is_same_address(instance.ip_address, address) or instance.created_by.username != user:
        raise Refused(
            what=(
                f"workflow {old.name} deploys to {address} for {user}, and {instances.label(instance)} "
                f"has the address {instance.ip_address or '(none)'}"
            ),
            why="the new workflow would work on another machine, or for another user",
            next_step="redeploy the instance with redeploy_instance: Atmosphere then reads the current address",
        )
    return instance


def _about_the_new(old: Workflow, name: str, *, namespace: str) -> list[str]:
    address, user = old.parameters.get(workflow.SERVER_IP, "?"), old.parameters.get(workflow.USER, "?")
    notes = [
        f"all its playbooks run again on {address} for {user}, from the first one",
        f"check after 5 minutes: argo get -n {namespace} {name}; Atmosphere gives a deployment 25 minutes",
        _NOT_FOLLOWED,
        "undo stops the new workflow while it runs; what its playbooks changed on the instance by then stays",
    ]
    if old.phase == "Succeeded":
        notes.insert(0, f"workflow {old.name} succeeded")
    if old.body["spec"].get("shutdown"):
        notes.append(f"workflow {old.name} was stopped by hand ({old.body['spec']['shutdown']}); the new one is not")
    if not old.instance_id:
        notes.append(
            f"workflow {old.name} is from a release before v37-3 and has no labels: the runbook searched for others of "
            "the same instance by the parameter server-ip"
        )
    return notes


def _about_others(old: Workflow, others: list[Workflow]) -> list[str]:
    running = [other for other in others if not other.is_finished]
    done = [other for other in others if other.phase == "Succeeded" and other.created > old.created]
    return [
        *(f"{other.name} of the same instance is {other.state}: two work on it at once" for other in running),
        *(f"{other.name}, submitted later for the same instance, succeeded" for other in done),
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
    at_work = "Atmosphere's own task might still run, and submits another workflow at each of its 2 retries"
    return [f"the instance is {instances.describe_status(row)}: {at_work}"]
