"""Find the Argo workflows of an instance or a user: those in the cluster, and the saved logs of deleted ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Literal

from runbook_lib.errors import Refused
from runbook_lib.model import System
from runbook_lib.model.inspection import Event, Gap, Inspection, Step, Table, page, to_inspect
from runbook_lib.params import param
from runbook_lib.params.common import INSTANCE_ID, USERNAME
from runbook_lib.systems.db.queries import addresses
from runbook_lib.text import commands
from runbook_lib.text.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from runbook_lib.model.inspection import Value
    from runbook_lib.systems.argo.workflow import Workflow
    from runbook_lib.systems.db.queries.addresses import InstanceAddress
    from runbook_lib.systems.logs.deployments import Saved
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

GROUP = "Workers and workflows"
MINUTES = 2
NEEDS = ("argo or logs",)
OPTIONAL = {
    "argo": "the workflows that the cluster still has",
    "logs": "the workflows whose logs were saved",
    "atmosphere": "the addresses of an instance, to find its workflows",
}
MAX_SHOWN = 100  # workflows
_MOST_HOURS = 10 * 366 * 24
_NO_LABELS = "workflows of releases before v37-3 have no labels: only those at the instance's present address are found"


@dataclass(frozen=True, kw_only=True)
class Params:
    """The instance or user; a parameter that is not given does not restrict the search."""

    instance_id: str = INSTANCE_ID(default="", example="00000000-0000-0000-0000-000000000000")
    username: str = USERNAME("Only workflows of this user's instances.", default="")
    status: Literal["any", "Pending", "Running", "Succeeded", "Failed", "Error"] = param(
        "Only workflows in this phase.", default="any"
    )
    since_hours: int = param("Only workflows submitted in this many hours before now; 0: all.", default=0)


def inspect(world: World, params: Params) -> Inspection:
    """Return the workflows in Argo's cluster and the saved logs of deployments, newest first.

    Reads the instance's row, the cluster's workflows, and the names of the folders of saved logs.

    Raises:
        Refused: `since_hours` is out of range, or neither Argo nor the logs are configured and open to this account.
        NotConnected: Neither Argo nor the logs respond.

    Source: service/argo of Atmosphere v37.
    """
    if not 0 <= params.since_hours <= _MOST_HOURS:
        what = f"since_hours is {params.since_hours}"
        raise Refused(what=what, why=f"it must be 0 to {_MOST_HOURS}", next_step="give a number in range")
    since = world.now() - timedelta(hours=params.since_hours) if params.since_hours else None
    world.workflows.prepare()
    first = world.ask(
        {System.ATMOSPHERE: partial(addresses.read_address, params.instance_id)} if params.instance_id else {}
    )
    place: InstanceAddress | None = first.get(System.ATMOSPHERE)
    answers = world.ask(
        {
            System.ARGO: lambda: _workflows(world, params, place, since),
            System.LOGS: lambda: world.logs.deployments(since=since),
        }
    )
    answers.require_any()
    workflows: list[Workflow] = sorted(answers.get(System.ARGO, []), key=lambda w: w.created, reverse=True)
    saved = _saved(answers.get(System.LOGS, ()), params, workflows)
    namespace = world.workflows.namespace if System.ARGO in answers.responses else "argo"
    return Inspection(
        answer=_answer(params, answers, workflows, saved),
        parts=(
            _table(workflows, place, params),
            *([_logs(saved, world.logs.zone)] if System.LOGS in answers.responses else []),
        ),
        events=tuple(_event(workflow) for workflow in workflows[:MAX_SHOWN]),
        gaps=(*_gaps(first, params, place), *answers.gaps),
        steps=tuple(_steps(workflows, saved, namespace)),
    )


def _workflows(world: World, params: Params, place: InstanceAddress | None, since: datetime | None) -> list[Workflow]:
    """Return the workflows that match; by address, only those that can belong to this instance."""
    matches = world.workflows.search(
        instance_id=params.instance_id,
        server_ip=place.address if place and params.instance_id else "",
        username=params.username,
        phase="" if params.status == "any" else params.status,
        since=since,
    )
    return [match for match in matches if match.instance_id or place is None or _can_belong(match, place)]


def _can_belong(workflow: Workflow, place: InstanceAddress) -> bool:
    """Return whether a workflow without labels can belong to an instance: same user, and not older than it."""
    return workflow.parameters.get("user") == place.username and workflow.created >= place.launched


def _saved(every: Sequence[Saved], params: Params, workflows: list[Workflow]) -> list[Saved]:
    """Return the saved logs that match; with a phase, only the logs of workflows in the cluster."""
    names = {workflow.name for workflow in workflows}
    return [
        saved
        for saved in every
        if params.instance_id in ("", saved.instance_id)
        and params.username in ("", saved.username)
        and (params.status == "any" or saved.workflow in names)
    ]


def _answer(params: Params, answers: Answers, workflows: list[Workflow], saved: list[Saved]) -> str:
    whose = f" of instance {params.instance_id}" if params.instance_id else ""
    whose += f" of {params.username}" if params.username else ""
    whose += f", {params.status}" if params.status != "any" else ""
    if System.ARGO not in answers.responses:
        answer = f"Argo's workflows{whose} are unknown."
    elif workflows:
        phases = ", ".join(f"{number} {phase}" for phase, number in Counter(w.state for w in workflows).most_common())
        answer = f"Argo has {count(len(workflows), 'workflow')}{whose}: {phases}; the newest is {workflows[0].name}."
    else:
        answer = f"Argo has no workflow{whose}. It deletes old workflows."
    if System.LOGS not in answers.responses:
        return f"{answer} It is unknown whether there are saved logs."
    names = {workflow.name for workflow in workflows}
    deleted = [logs for logs in saved if logs.workflow not in names]
    return (
        f"{answer} {count(len(saved), 'deployment')} left saved logs, {len(deleted)} of them without a workflow above."
    )


def _table(workflows: list[Workflow], place: InstanceAddress | None, params: Params) -> Table:
    rows = tuple(_row(workflow) for workflow in workflows[:MAX_SHOWN])
    columns = ("submitted", "workflow", "phase", "failed step", "ended", "instance", "user", "address", "found by")
    notes = [f"{len(workflows) - MAX_SHOWN} older workflows are left out"] if len(workflows) > MAX_SHOWN else []
    notes += ["a workflow found by its address can belong to the instance that had the address before"] * any(
        not workflow.instance_id for workflow in workflows
    )
    notes += [_NO_LABELS] if params.instance_id and not (place and place.address) else []
    return Table("Workflows in Argo", columns, rows, note="; ".join(notes))


def _row(workflow: Workflow) -> tuple[Value, ...]:
    return (
        workflow.created,
        workflow.name,
        workflow.state,
        ", ".join(workflow.failed_steps),
        workflow.finished,
        workflow.instance_id or "no label",
        workflow.labels.get("username") or workflow.parameters.get("user", ""),
        workflow.parameters.get("server-ip", ""),
        "label" if workflow.instance_id else "parameter",
    )


def _logs(saved: list[Saved], zone: str) -> Table:
    rows = tuple(
        (logs.written, logs.workflow or "unknown", logs.instance_id, logs.username, len(logs.playbooks))
        for logs in saved[:MAX_SHOWN]
    )
    note = f"the time is {zone}; Atmosphere saves logs when a workflow ends, but not after it gave up waiting for it"
    return Table("Saved logs", ("saved", "workflow", "instance", "user", "playbooks"), rows, note=note)


def _event(workflow: Workflow) -> Event:
    failed = f" at {', '.join(workflow.failed_steps)}" if workflow.failed_steps else ""
    return Event(
        workflow.created,
        "argo",
        f"{workflow.name} {workflow.state}{failed}",
        until=workflow.finished,
        lasts=not workflow.is_finished,
        trouble=workflow.phase in ("Failed", "Error"),
    )


def _gaps(first: Answers, params: Params, place: InstanceAddress | None) -> Iterator[Gap]:
    yield from first.gaps
    if params.instance_id and System.ATMOSPHERE in first.responses and place is None:
        why = f"the database has no instance {params.instance_id}, so its address is unknown: {_NO_LABELS}"
        yield Gap(System.ATMOSPHERE, why, "check the UUID; give the username instead")


def _steps(workflows: list[Workflow], saved: list[Saved], namespace: str) -> Iterator[Step]:
    """Yield what to read next; commands of other tools stand beside the runbook's."""
    if workflows:
        yield Step(
            f"Inspect the steps of the newest workflow, {workflows[0].name}.",
            *to_inspect("show_workflow", name=workflows[0].name),
        )
    for newest, *others in _running(workflows):
        names = " and ".join(older.name for older in others)
        yield Step(
            f"{names} and {newest.name} work on the same instance at once: Atmosphere submits another workflow at "
            "each retry, and the previous one continues. End the older one.",
            commands.argo("terminate", others[0].name, namespace=namespace),
        )
    names_in_cluster = {workflow.name for workflow in workflows}
    deleted = [logs for logs in saved if logs.workflow and logs.workflow not in names_in_cluster]
    if deleted:
        yield Step(
            f"Read the saved logs of {deleted[0].workflow}.",
            *to_inspect("show_workflow_logs", name=deleted[0].workflow),
        )
    if not workflows and not saved:
        yield Step(
            "Nothing was submitted to Argo, or it was deleted. Find the task that submits workflows.",
            page=page("find_celery_tasks"),
        )


def _running(workflows: list[Workflow]) -> list[list[Workflow]]:
    """Return groups of two or more unfinished workflows that work on the same instance or address, newest first."""
    places: dict[str, list[Workflow]] = {}
    for workflow in workflows:
        if not workflow.is_finished:
            places.setdefault(workflow.instance_id or workflow.parameters.get("server-ip", workflow.name), []).append(
                workflow
            )
    return [same for same in places.values() if len(same) > 1]
