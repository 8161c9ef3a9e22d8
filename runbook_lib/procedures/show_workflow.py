"""Show one Argo workflow: its steps and tries, the step that failed with its last lines, and whose instance it is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from runbook_lib.errors import TargetNotFound
from runbook_lib.messages import classify
from runbook_lib.model import System
from runbook_lib.model.inspection import Event, Excerpt, Gap, Inspection, Step, Table, page, to_inspect, to_plan
from runbook_lib.params.common import WORKFLOW
from runbook_lib.systems.argo import steps, workflow
from runbook_lib.systems.db.queries import addresses
from runbook_lib.text import commands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from runbook_lib.model.inspection import Part
    from runbook_lib.systems.argo.lines import LogLine
    from runbook_lib.systems.argo.workflow import Pod, Workflow
    from runbook_lib.systems.db.queries.addresses import InstanceAddress
    from runbook_lib.systems.logs.deployments import Saved
    from runbook_lib.world.ask import Answers
    from runbook_lib.world.world import World

MINUTES = 2
NEEDS = ("argo or logs",)
TELLS_MORE = {
    "argo": "the workflow, its steps and its pods",
    "logs": "what was saved of one that the cluster has no longer",
    "atmosphere": "which instance it works on",
}
LAST_LINES = 30
DEPLOY_MINUTES = 25
"""After which Atmosphere's own task gives up a workflow, which goes on all the same."""


@dataclass(frozen=True, kw_only=True)
class Params:
    """Which workflow."""

    name: str = WORKFLOW(example="ansible-deploy-7w2kq")


def inspect(world: World, params: Params) -> Inspection:
    """Return one workflow with its steps; of one that Argo has deleted, what its saved logs tell.

    Reads the workflow, its pods and the last lines of the failed step, the instance's row, and the names of saved logs.

    Raises:
        TargetNotFound: Argo has no such workflow, and it left no saved logs.
        Refused: Argo is not configured or not for this account, and there are no saved logs of it.
        NotConnected: The same, of a cluster that does not answer.

    Source: service/argo of Atmosphere v37; the status of workflows in Argo Workflows.
    """
    world.workflows.prepare()
    answers = world.ask(
        {
            System.ARGO: partial(world.workflows.find, params.name),
            "pods": partial(world.workflows.pods, params.name),
            System.LOGS: world.logs.deployments,
        }
    )
    saved: Saved | None = next((one for one in answers.get(System.LOGS, ()) if one.workflow == params.name), None)
    one: Workflow | None = answers.get(System.ARGO)
    if one is None:
        if saved is None:
            raise answers.errors[System.ARGO]
        return _left(params.name, saved, answers)
    failed = steps.failed(one.steps)
    pods = {pod.node: pod for pod in answers.get("pods", ())}
    more = world.ask(_questions(world, one, [pods[step.node] for step in failed if step.node in pods]))
    lines = {name: told for name, told in more.responses.items() if name != System.ATMOSPHERE}
    return Inspection(
        answer=_answer(one, world.now()),
        parts=(_facts(one, more.get(System.ATMOSPHERE)), _table(one, pods), *_excerpts(lines)),
        events=tuple(_events(one)),
        gaps=(*answers.gaps, *more.gaps, *_elsewhere(one)),
        steps=tuple(_steps(one, lines, more, world.now())),
    )


def _questions(world: World, one: Workflow, failed: Sequence[Pod]) -> dict[str, Callable[[], Any]]:
    """Return what else is asked: where the instance is now, and what the failed steps wrote last."""
    asked: dict[str, Callable[[], Any]] = {}
    if one.instance_id:
        asked[System.ATMOSPHERE] = partial(addresses.read_address, one.instance_id)
    return asked | {f"log of {pod.name}": partial(world.workflows.lines, pod.name, limit=LAST_LINES) for pod in failed}


def _left(name: str, saved: Saved, answers: Answers) -> Inspection:
    """Return what is known of a workflow that the cluster does not show."""
    gone = isinstance(answers.errors[System.ARGO], TargetNotFound)
    rows = tuple((playbook,) for playbook in saved.playbooks)
    answer = f"Argo has deleted {name}" if gone else f"What Argo knows of {name} is not known"
    ran = saved.playbooks[-1].removesuffix(".yml") if saved.playbooks else "nothing"
    return Inspection(
        answer=f"{answer}; its saved logs of {saved.written} are there: it deployed instance {saved.instance_id} of "
        f"{saved.username}, and came to {ran}.",
        parts=(Table("Playbooks with a saved log", ("playbook",), rows, note=f"folder {saved.folder}"),),
        gaps=answers.gaps,
        steps=(_read(name),),
    )


def _answer(one: Workflow, now: datetime) -> str:
    began = one.started or one.created
    minutes = round(((one.finished or now) - began).total_seconds() / 60)
    state = f"{one.name} is {one.state}" + (
        f" for {minutes} minutes" if not one.is_finished else f" after {minutes} minutes"
    )
    failed = steps.failed(one.steps)
    why = (
        f": {', '.join(step.title for step in failed)} failed" if failed else f": {one.message}" if one.message else ""
    )
    return f"{state}{why}."


def _facts(one: Workflow, place: InstanceAddress | None) -> Table:
    address = one.parameters.get(workflow.SERVER_IP, "")
    rows: list[tuple[str, str | datetime | None]] = [
        ("instance", one.instance_id or "no label: of a release before v37-3"),
        ("user", one.labels.get(workflow.USERNAME) or one.parameters.get(workflow.USER, "")),
        ("address", address),
    ]
    if place is not None and not addresses.is_same_address(place.address, address):
        rows.append(("address now", f"{place.address or 'none'}: it deploys to another machine than the instance's"))
    rows += [("submitted", one.created), ("taken up", one.started), ("ended", one.finished)]
    known = (workflow.SERVER_IP, workflow.USER)
    rows += [(f"parameter {name}", value) for name, value in sorted(one.parameters.items()) if name not in known]
    rows += [("message", one.message)] if one.message else []
    rows += (
        [("resubmitted from", one.labels[workflow.RESUBMITTED_FROM])] if workflow.RESUBMITTED_FROM in one.labels else []
    )
    shutdown = one.body["spec"].get("shutdown")
    rows += [("ended by hand", str(shutdown))] if shutdown else []
    return Table("Workflow", ("what", "value"), tuple(rows))


def _table(one: Workflow, pods: dict[str, Pod]) -> Table:
    rows = tuple(
        (
            step.title,
            step.phase,
            step.started,
            step.finished,
            step.playbook,
            step.message,
            pods[step.node].name if step.node in pods else "",
        )
        for step in one.steps
    )
    columns = ("step", "phase", "began", "ended", "playbook", "message", "pod")
    return Table(
        "Steps", columns, rows, note="(0), (1) … behind a step are its tries; the pod's main container has the log"
    )


def _excerpts(lines: dict[str, tuple[LogLine, ...]]) -> Iterator[Part]:
    for name, told in lines.items():
        yield Excerpt(f"The last lines of the {name}", "\n".join(_shown(line) for line in told))


def _shown(line: LogLine) -> str:
    """Return a line with its moment in front, UTC."""
    return f"{line.time:%H:%M:%S} {line.text}" if line.time else line.text


def _events(one: Workflow) -> Iterator[Event]:
    yield Event(one.created, "argo", f"{one.name} submitted")
    for step in one.steps:
        if step.started:
            going = step.finished is None and step.phase == "Running"
            text = f"{step.title} {step.phase}"
            yield Event(step.started, "argo", text, until=step.finished, lasts=going, trouble=step.has_failed)
    if one.finished:
        yield Event(one.finished, "argo", f"{one.name} {one.phase}", trouble=one.phase != "Succeeded")


def _elsewhere(one: Workflow) -> Iterator[Gap]:
    if one.has_offloaded_steps:
        why = "Argo keeps the steps of this workflow in a database of its own, and Kubernetes does not show them"
        namespace = one.body["metadata"].get("namespace", "argo")
        yield Gap("steps", why, commands.argo("get", one.name, namespace=namespace))


def _steps(one: Workflow, lines: dict[str, tuple[LogLine, ...]], more: Answers, now: datetime) -> Iterator[Step]:
    """Yield what to do, by how it ended."""
    texts = ["\n".join(line.text for line in told) for told in lines.values()]
    entry = next((found for text in texts if (found := classify(text))), None)
    if entry is not None:
        command = next(iter(entry.commands), "").replace("INSTANCE_ID", one.instance_id or "INSTANCE_ID")
        yield Step(f"{entry.meaning} {entry.next_step}", command, entry.page)
    yield _read(one.name)
    if not one.is_finished:
        minutes, instance_id = (now - one.created).total_seconds() / 60, one.instance_id
        if minutes > DEPLOY_MINUTES:
            yield Step(
                f"It was submitted more than {DEPLOY_MINUTES} minutes ago: Atmosphere no longer waits for it, and may "
                "have submitted another. Compare the instance's workflows.",
                *(
                    to_inspect("find_workflows", instance_id=instance_id)
                    if instance_id
                    else ("", page("find_workflows"))
                ),
            )
        return
    if one.phase != "Succeeded":
        if one.instance_id:
            place: InstanceAddress | None = more.get(System.ATMOSPHERE)
            yield Step(
                "When the cause is gone, let Atmosphere deploy the instance again: it looks up the address first.",
                *to_plan("redeploy_instance", instance_id=one.instance_id),
            )
            if place is not None and not addresses.is_same_address(
                place.address, one.parameters.get(workflow.SERVER_IP, "")
            ):
                return
        yield Step(
            "Or run this workflow alone again; Atmosphere does not follow it then.",
            *to_plan("resubmit_workflow", name=one.name),
        )


def _read(name: str) -> Step:
    return Step(
        "Read what its playbooks wrote.",
        *to_inspect("show_workflow_logs", name=name),
    )
