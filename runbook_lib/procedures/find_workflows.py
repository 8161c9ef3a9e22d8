"""Find the Argo workflows of an instance or a user: those in the cluster, and the saved logs of those that are gone."""

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

MINUTES = 2
NEEDS = ("argo or logs",)
TELLS_MORE = {
    "argo": "the workflows that the cluster still has",
    "logs": "those whose logs were saved",
    "atmosphere": "which addresses an instance has, so that its workflows are found",
}
MOST = 100  # workflows that are shown
_MOST_HOURS = 10 * 366 * 24
_NO_LABELS = "workflows of releases before v37-3 have no labels: only those at the instance's present address are found"


@dataclass(frozen=True, kw_only=True)
class Params:
    """Whose workflows; what is left out does not restrict."""

    instance_id: str = INSTANCE_ID(default="", example="00000000-0000-0000-0000-000000000000")
    username: str = USERNAME("Only workflows of this user's instances.", default="")
    status: Literal["any", "Pending", "Running", "Succeeded", "Failed", "Error"] = param(
        "Only workflows in this phase.", default="any"
    )
    since_hours: int = param("Only workflows submitted in the last so many hours; 0: all.", default=0)


def inspect(world: World, params: Params) -> Inspection:
    """Return the workflows in Argo's cluster and the saved logs of deployments, the newest first.

    Reads the instance's row, the cluster's workflows, and the names of the folders of saved logs.

    Raises:
        Refused: `since_hours` is out of range; or neither Argo nor the logs are configured, or not for this account.
        NotConnected: Neither of them answers.

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
    found: list[Workflow] = sorted(answers.get(System.ARGO, []), key=lambda one: one.created, reverse=True)
    saved = _saved(answers.get(System.LOGS, ()), params, found)
    namespace = world.workflows.namespace if System.ARGO in answers.responses else "argo"
    return Inspection(
        answer=_answer(params, answers, found, saved),
        parts=(
            _table(found, place, params),
            *([_logs(saved, world.logs.zone)] if System.LOGS in answers.responses else []),
        ),
        events=tuple(_event(one) for one in found[:MOST]),
        gaps=(*_gaps(first, params, place), *answers.gaps),
        steps=tuple(_steps(found, saved, namespace)),
    )


def _workflows(world: World, params: Params, place: InstanceAddress | None, since: datetime | None) -> list[Workflow]:
    """Return the workflows that are meant; by its address only those that can be this instance's."""
    found = world.workflows.search(
        instance_id=params.instance_id,
        server_ip=place.address if place and params.instance_id else "",
        username=params.username,
        phase="" if params.status == "any" else params.status,
        since=since,
    )
    return [one for one in found if one.instance_id or place is None or _may_be(one, place)]


def _may_be(one: Workflow, place: InstanceAddress) -> bool:
    """Tell whether a workflow without labels can be an instance's: its user's, and not older than it is."""
    return one.parameters.get("user") == place.username and one.created >= place.launched


def _saved(every: Sequence[Saved], params: Params, found: list[Workflow]) -> list[Saved]:
    """Return the saved logs that are meant; with a phase only those of workflows that were found."""
    names = {one.name for one in found}
    return [
        one
        for one in every
        if params.instance_id in ("", one.instance_id)
        and params.username in ("", one.username)
        and (params.status == "any" or one.workflow in names)
    ]


def _answer(params: Params, answers: Answers, found: list[Workflow], saved: list[Saved]) -> str:
    whose = f" of instance {params.instance_id}" if params.instance_id else ""
    whose += f" of {params.username}" if params.username else ""
    whose += f", {params.status}" if params.status != "any" else ""
    if System.ARGO not in answers.responses:
        answer = f"What Argo has{whose} is not known."
    elif found:
        phases = ", ".join(f"{number} {phase}" for phase, number in Counter(one.state for one in found).most_common())
        answer = f"Argo has {count(len(found), 'workflow')}{whose}: {phases}; the newest is {found[0].name}."
    else:
        answer = f"Argo has no workflow{whose}. It deletes old ones."
    if System.LOGS not in answers.responses:
        return f"{answer} Whether there are saved logs is not known."
    gone = [one for one in saved if one.workflow not in {one.name for one in found}]
    return f"{answer} {count(len(saved), 'deployment')} left saved logs, {len(gone)} of them of no workflow above."


def _table(found: list[Workflow], place: InstanceAddress | None, params: Params) -> Table:
    rows = tuple(_row(one) for one in found[:MOST])
    columns = ("submitted", "workflow", "phase", "failed step", "ended", "instance", "user", "address", "found by")
    notes = [f"{len(found) - MOST} older ones are left out"] if len(found) > MOST else []
    notes += ["one found by its address can be of the instance that had the address before"] * any(
        not one.instance_id for one in found
    )
    notes += [_NO_LABELS] if params.instance_id and not (place and place.address) else []
    return Table("Workflows in Argo", columns, rows, note="; ".join(notes))


def _row(one: Workflow) -> tuple[Value, ...]:
    return (
        one.created,
        one.name,
        one.state,
        ", ".join(one.failed_steps),
        one.finished,
        one.instance_id or "no label",
        one.labels.get("username") or one.parameters.get("user", ""),
        one.parameters.get("server-ip", ""),
        "label" if one.instance_id else "parameter",
    )


def _logs(saved: list[Saved], zone: str) -> Table:
    rows = tuple(
        (one.written, one.workflow or "no name left", one.instance_id, one.username, len(one.playbooks))
        for one in saved[:MOST]
    )
    note = (
        f"the time is {zone}; Atmosphere saves logs when a workflow has ended, and not when it gave up waiting for it"
    )
    return Table("Saved logs", ("saved", "workflow", "instance", "user", "playbooks"), rows, note=note)


def _event(one: Workflow) -> Event:
    failed = f" at {', '.join(one.failed_steps)}" if one.failed_steps else ""
    return Event(
        one.created,
        "argo",
        f"{one.name} {one.state}{failed}",
        until=one.finished,
        lasts=not one.is_finished,
        trouble=one.phase in ("Failed", "Error"),
    )


def _gaps(first: Answers, params: Params, place: InstanceAddress | None) -> Iterator[Gap]:
    yield from first.gaps
    if params.instance_id and System.ATMOSPHERE in first.responses and place is None:
        why = f"the database has no instance {params.instance_id}, so its address is not known: {_NO_LABELS}"
        yield Gap(System.ATMOSPHERE, why, "check the uuid; give the user name instead")


def _steps(found: list[Workflow], saved: list[Saved], namespace: str) -> Iterator[Step]:
    """Yield what to read next; the commands of others' tools stand beside ours."""
    if found:
        yield Step(
            f"See the steps of {found[0].name}, and which one failed.",
            *to_inspect("show_workflow", name=found[0].name),
        )
    for newest, *others in _running(found):
        names = " and ".join(one.name for one in others)
        yield Step(
            f"{names} and {newest.name} work on one instance at once: Atmosphere submits another at each of its "
            "retries, and the one before goes on. End the older.",
            commands.argo("terminate", others[0].name, namespace=namespace),
        )
    gone = [one for one in saved if one.workflow and one.workflow not in {one.name for one in found}]
    if gone:
        yield Step(
            f"Read what is left of {gone[0].workflow}.",
            *to_inspect("show_workflow_logs", name=gone[0].workflow),
        )
    if not found and not saved:
        yield Step(
            "Nothing was submitted to Argo, or it was deleted. Find the task that submits.",
            page=page("find_celery_tasks"),
        )


def _running(found: list[Workflow]) -> list[list[Workflow]]:
    """Return the workflows that have not ended, by what they work on, where there are several; the newest first."""
    places: dict[str, list[Workflow]] = {}
    for one in found:
        if not one.is_finished:
            places.setdefault(one.instance_id or one.parameters.get("server-ip", one.name), []).append(one)
    return [same for same in places.values() if len(same) > 1]
